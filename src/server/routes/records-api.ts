// What the routes of shared records do: whose project it is, then everything by the thread that keeps them.

import { type ErrorCode, MillraceError } from "../../base/index.ts";
import type { OpenProjects } from "../compose-projects.ts";
import type { ApiCall, ApiHandlers, ApiResult, RecordRoutes } from "./api.ts";
import type { ApiRefusal } from "./api-refusal.ts";

export interface RecordsApiOptions {
  readonly projects: OpenProjects;
  /** What whoever runs the server should know of. */
  readonly report: (error: unknown) => void;
}

const RETRY_SECONDS = 2;
const NO_STORE = { "cache-control": "no-store" };

export function recordHandlers({ projects, report }: RecordsApiOptions): Pick<ApiHandlers, RecordRoutes> {
  const { thread } = projects;
  const within = async (
    call: ApiCall<{ readonly project: string }, unknown>,
    work: (project: string) => Promise<ApiResult>,
  ): Promise<ApiResult> => {
    const { project } = call.query;
    if (!projects.mayUse(call.identity.tenant, project)) {
      return { refused: "not_found", message: "There is no such project, or it is not shown to you." };
    }
    try {
      return await work(project);
    } catch (error) {
      if (call.signal.aborted) return { refused: "unavailable", message: "The caller left." };
      return refusalOf(error, report);
    }
  };
  return {
    workspaceRecordsFind: (call) =>
      within(call, async (project) => {
        const bytes = await thread.ask("find", { project, question: call.body }, call.signal);
        return { bytes, headers: { "content-type": "application/octet-stream", ...NO_STORE } };
      }),
    workspaceRecordsKeep: (call) =>
      within(call, async (project) => {
        const bytes = await thread.ask("keep", { project, packed: call.body }, call.signal);
        return { bytes, headers: { "content-type": "application/json", ...NO_STORE } };
      }),
  };
}

const ANSWERED: Partial<Record<ErrorCode, ApiRefusal["refused"]>> = {
  pack_invalid: "invalid_request",
  key_invalid: "invalid_request",
  workspace_full: "unavailable",
  shutting_down: "unavailable",
};

function refusalOf(error: unknown, report: RecordsApiOptions["report"]): ApiRefusal {
  if (!MillraceError.is(error)) throw error;
  const refused = ANSWERED[error.code];
  if (refused === "invalid_request") return { refused, message: error.message };
  if (!refused) report(error);
  const message = refused ? error.message : "Records cannot be reached at the moment. The server's log has more.";
  return { refused: "unavailable", message, retryAfterSeconds: RETRY_SECONDS };
}
