// What the routes of workspaces do: whose workspace it is, files at once, everything else by the workspace's own thread, whose JSON is handed on as
// it is. Nothing but what the configuration names is reachable, and no message tells where that is on this machine.

import { type ErrorCode, MillraceError } from "../../base/index.ts";
import type { QueryOf } from "../../wire/index.ts";
import type { HostedCalls, ServedFiles } from "../../workspace/index.ts";
import type { OpenWorkspace, OpenWorkspaces } from "../compose-workspaces.ts";
import type { ApiBytes, ApiCall, ApiHandlers, ApiResult, WorkspaceRoutes } from "./api.ts";
import type { ApiRefusal } from "./api-refusal.ts";

export interface WorkspacesApiOptions {
  readonly workspaces: OpenWorkspaces;
  /** What whoever runs the server should know of. */
  readonly report: (error: unknown) => void;
}

const RETRY_SECONDS = 2;
const NOT_THERE = "There is no such workspace, or it is not shown to you. /api/workspaces lists those that are.";
const JSON_TYPE = { "content-type": "application/json" };
/** Bytes that anyone may have put there: no browser is to run them. */
const RAW = { "x-content-type-options": "nosniff", "content-security-policy": "default-src 'none'; sandbox" };
/** To be asked for each time; what is known is not sent again. */
const CHECKED = { "cache-control": "private, no-cache" };
const RAW_BYTES = { "content-type": "application/octet-stream", ...RAW, ...CHECKED };
const RAW_LINES = { "content-type": "text/plain; charset=utf-8", ...RAW, ...CHECKED };
const FOR_GOOD = { "cache-control": "private, max-age=31536000, immutable" };

export function workspaceHandlers(options: WorkspacesApiOptions): Pick<ApiHandlers, WorkspaceRoutes> {
  const { workspaces } = options;
  /** Errors that callers can do something about become answers. */
  const within = async (
    call: ApiCall<unknown, undefined>,
    id: string,
    needs: "files" | "commits",
    work: (workspace: OpenWorkspace) => Promise<ApiResult> | ApiResult,
  ): Promise<ApiResult> => {
    const workspace = workspaces.find(call.identity.tenant, id);
    if (!workspace) return { refused: "not_found", message: NOT_THERE };
    try {
      return await work(workspace);
    } catch (error) {
      if (call.signal.aborted) return { refused: "unavailable", message: "The caller left." };
      return lackOf(workspace, needs) ?? refusalOf(error, options.report);
    }
  };
  /** JSON of the workspace's thread, which is not asked for files where there are none. */
  const told = <Name extends keyof HostedCalls>(
    call: ApiCall<unknown, undefined>,
    name: Name,
    ask: Parameters<HostedCalls[Name]>[0],
  ): Promise<ApiResult> =>
    within(call, call.params.id ?? "", "files", async (workspace) => {
      return lackOf(workspace, "files") ?? json(await workspace.thread.ask(name, ask, call.signal));
    });

  return {
    async listWorkspaces({ identity }) {
      return { value: { workspaces: workspaces.of(identity.tenant).map(({ id, kind }) => ({ id, kind: kind() })) } };
    },
    workspaceFile: (call) => within(call, call.params.id ?? "", "files", ({ files }) => fileAnswer(files, call)),
    workspaceGlob: (call) => told(call, "glob", call.query),
    workspaceGrep: (call) => told(call, "grep", grepOf(call.query)),
    workspaceGraph: (call) => {
      const { format } = call.query;
      if (format === "json") return told(call, "graph", graphOf(call.query));
      return within(call, call.params.id ?? "", "files", async (workspace) => {
        return (
          lackOf(workspace, "files") ??
          drawing(await workspace.thread.ask("drawing", { as: format, ask: graphOf(call.query) }, call.signal))
        );
      });
    },
    workspaceSymbols: (call) => told(call, "symbols", call.query),
    workspaceMap: (call) => told(call, "map", orderOf(call.query)),
    repomap: (call) =>
      within(call, call.query.repository, "commits", (workspace) => {
        return lackOf(workspace, "commits") ?? commitMap(call, workspace.thread);
      }),
  };
}

function lackOf({ kind }: OpenWorkspace, needs: "files" | "commits"): ApiRefusal | undefined {
  const is = kind();
  if (is === "missing") return { refused: "unavailable", message: "The folder of this workspace is not there at the moment." };
  if (needs === "files" && is === "mirror") {
    const message = "This is a bare mirror: it has commits, but no files. Ask for /api/assets/repomap.";
    return { refused: "invalid_request", message };
  }
  if (needs === "commits" && is === "folder") return { refused: "invalid_request", message: "This folder is no repository." };
  return undefined;
}

function fileAnswer(files: ServedFiles, { query, headers }: ApiCall<QueryOf<"workspaceFile">, undefined>): ApiResult {
  const { path, from, to } = query;
  if (from === undefined && to === undefined) {
    const { bytes, blob } = files.read(path);
    return unlessKnown(headers, `"${blob}"`, { bytes: bytes as Uint8Array<ArrayBuffer>, headers: RAW_BYTES });
  }
  const { text, blob } = files.lines(path, from, to);
  if (!text) {
    return { refused: "invalid_request", message: "This file is binary: it has no lines. Ask for it without `from` and `to`." };
  }
  return unlessKnown(headers, `"${blob}-${from ?? 1}-${to ?? ""}"`, { bytes: Buffer.from(text.text), headers: RAW_LINES });
}

/** Whole ids alone are for good; other names mean something else tomorrow. */
async function commitMap(
  { query, headers, signal }: ApiCall<QueryOf<"repomap">, undefined>,
  thread: OpenWorkspace["thread"],
): Promise<ApiResult> {
  const missing: ApiRefusal = {
    refused: "not_found",
    message: "The repository has no such commit. Fetch it there, or name another.",
  };
  const found = JSON.parse(new TextDecoder().decode(await thread.ask("commit", { name: query.commit }, signal))) as {
    commit: string;
  } | null;
  if (!found) return missing;
  if (found.commit !== query.commit) {
    const whole = Object.entries({ ...query, commit: found.commit }).map(([name, value]) => [name, String(value)]);
    const location = `?${new URLSearchParams(whole)}`;
    return { bytes: undefined, status: 302, headers: { location, "cache-control": "no-store" } };
  }
  const map = await thread.ask("commitMap", { commit: found.commit, order: orderOf(query) }, signal);
  const tag = new Bun.CryptoHasher("sha256").update(map).digest("hex").slice(0, 40);
  return unlessKnown(headers, `"${tag}"`, { bytes: map, headers: { ...JSON_TYPE, ...FOR_GOOD } });
}

const grepOf = ({ q, regex, case: cased, word, glob, limit }: QueryOf<"workspaceGrep">) => ({
  ...{ pattern: q, isLiteral: regex === "false", case: cased, isWord: word === "true", matchesMax: limit },
  ...(glob === undefined ? {} : { globs: [glob] }),
});

const graphOf = ({ path, direction, depth, folders, limit }: QueryOf<"workspaceGraph">) => ({
  ...{ direction, depth, folders, edgesMax: limit },
  ...(path === undefined ? {} : { paths: listOf(path) }),
});

/** Of the thread's JSON the text alone. */
function drawing(bytes: Uint8Array<ArrayBuffer>): ApiBytes {
  const { text } = JSON.parse(new TextDecoder().decode(bytes)) as { text: string };
  return {
    bytes: Buffer.from(text),
    headers: { "content-type": "text/plain; charset=utf-8", ...RAW, "cache-control": "no-store" },
  };
}

const listOf = (paths: string): string[] => paths.split(",").filter((path) => path !== "");

const orderOf = ({ query, focus, budget }: QueryOf<"workspaceMap">) => ({
  budget,
  ...(query === undefined ? {} : { query }),
  ...(focus === undefined ? {} : { focus: listOf(focus) }),
});

const json = (bytes: Uint8Array<ArrayBuffer>): ApiBytes => ({ bytes, headers: { ...JSON_TYPE, "cache-control": "no-store" } });

/** RFC 9110, section 13.1.2. */
function unlessKnown(headers: Headers, tag: string, answer: ApiBytes): ApiBytes {
  const asked = headers.get("if-none-match");
  const known = asked?.split(",").map((each) => each.trim().replace(/^W\//, "")) ?? [];
  if (known.includes(tag) || known.includes("*")) {
    const { "content-type": _, ...others }: Record<string, string> = answer.headers;
    return { bytes: undefined, status: 304, headers: { ...others, etag: tag } };
  }
  return { bytes: answer.bytes, headers: { ...answer.headers, etag: tag } };
}

/** Those whose message is made for callers, and names nothing of this machine. */
const ANSWERED: Partial<Record<ErrorCode, ApiRefusal["refused"]>> = {
  path_outside: "permission",
  file_missing: "not_found",
  file_not_regular: "invalid_request",
  file_too_large: "too_large",
  pattern_invalid: "invalid_request",
  option_invalid: "invalid_request",
  grep_too_slow: "invalid_request",
  file_changing: "unavailable",
  grep_full: "unavailable",
  workspace_full: "unavailable",
  shutting_down: "unavailable",
};

function refusalOf(error: unknown, report: WorkspacesApiOptions["report"]): ApiRefusal {
  if (!MillraceError.is(error)) throw error;
  const refused = ANSWERED[error.code];
  if (refused && refused !== "unavailable") return { refused, message: error.message };
  if (!refused) report(error);
  const message = refused ? error.message : "The workspace cannot be read at the moment. The server's log has more.";
  return { refused: "unavailable", message, retryAfterSeconds: RETRY_SECONDS };
}
