// What each route of /api does, in the words of the threads' service. No rights and no rules are decided here.

import type { Clock } from "../../base/index.ts";
import type { ListFilter, LiveEvent, Outcome, Refused, Threads } from "../../threads/index.ts";
import type { BodyOf, QueryOf } from "../../wire/index.ts";
import type { ApiHandlers, ApiResult, RecordRoutes, WorkspaceRoutes } from "./api.ts";
import type { ApiRefusal } from "./api-refusal.ts";
import type { ApiEvent } from "./event-stream.ts";
import { eventOnWire, messageOffWire, pageOnWire, shareOnWire, threadOnWire } from "./thread-wire.ts";

export interface ThreadsApiOptions {
  readonly threads: Threads;
  readonly clock: Clock;
}

const SECOND_MS = 1000;

export function threadHandlers({ threads, clock }: ThreadsApiOptions): Omit<ApiHandlers, WorkspaceRoutes | RecordRoutes> {
  const list: ApiHandlers["listThreads"] = async ({ identity, query }) => {
    const { limit, after, q } = query;
    const page = { limit, after };
    if (q === undefined || q.trim() === "") {
      return told(await threads.list(identity, filterOf(query), page), ({ threads: found, next }) => ({
        threads: found.map(threadOnWire),
        ...(next === undefined ? {} : { next }),
      }));
    }
    return told(await threads.search(identity, filterOf(query), q, page), ({ hits, next }) => ({
      threads: hits.map(({ thread, sequence, excerpt }) => ({ ...threadOnWire(thread), found: { sequence, excerpt } })),
      ...(next === undefined ? {} : { next }),
    }));
  };
  const messagesOf = (messages: BodyOf<"appendMessages">["messages"] | undefined, user: string) =>
    messages && { messages: messages.map((message) => messageOffWire(message, user, clock.now())) };
  return {
    listThreads: list,
    listThreadsToo: list,
    async createThread({ identity, body }) {
      const { messages, ...order } = body;
      return told(await threads.create(identity, { ...order, ...messagesOf(messages, identity.user) }), threadOnWire);
    },
    async getThread({ identity, params }) {
      return told(await threads.get(identity, idOf(params)), threadOnWire);
    },
    async putThread({ identity, params, body, headers }) {
      const version = versionOf(headers);
      if (typeof version === "object") return version;
      const { messages, ...change } = body;
      const order = { ...change, ...messagesOf(messages, identity.user) };
      return told(await threads.put(identity, idOf(params), version, order), threadOnWire);
    },
    async patchThread({ identity, params, body, headers }) {
      const version = versionOf(headers);
      if (typeof version === "object") return version;
      return told(await threads.patch(identity, idOf(params), version, body), threadOnWire);
    },
    async deleteThread({ identity, params }) {
      return told(await threads.delete(identity, idOf(params)), () => undefined);
    },
    async listMessages({ identity, params, query }) {
      return told(await threads.messages(identity, idOf(params), pageOf(query)), (page) =>
        pageOnWire(page, query.limit, query.order === "oldest"),
      );
    },
    async threadEvents({ identity, params, headers, signal }) {
      const after = headers.get("last-event-id") ?? undefined;
      const events = await threads.subscribe(identity, idOf(params), after, signal);
      return events.kind === "done" ? { events: onWire(events.value) } : refusalOf(events);
    },
    async appendMessages({ identity, params, body }) {
      const { messages = [] } = messagesOf(body.messages, identity.user) ?? {};
      const written = await threads.append(identity, idOf(params), messages);
      return told(written, ({ version, sequences }) => ({ version, sequences }));
    },
    async shareThread({ identity, params, body }) {
      const { visibility, expiresSeconds } = body;
      const expiresMs = expiresSeconds === undefined ? undefined : clock.now() + expiresSeconds * SECOND_MS;
      const order = visibility === "link" ? { visibility, expiresMs } : { visibility };
      return told(await threads.share(identity, idOf(params), order), ({ visibility: now, share, token }) => ({
        visibility: now,
        ...(share ? { share: shareOnWire(share) } : {}),
        ...(token === undefined ? {} : { link: `/api/shared/${token}` }),
      }));
    },
    async listShares({ identity, params }) {
      return told(await threads.shares(identity, idOf(params)), (shares) => ({ shares: shares.map(shareOnWire) }));
    },
    async revokeShare({ identity, params }) {
      return told(await threads.revoke(identity, idOf(params), params.share ?? ""), () => undefined);
    },
    async sharedThread({ params }) {
      return told(await threads.open(params.token ?? ""), threadOnWire);
    },
    async sharedMessages({ params, query }) {
      return told(await threads.openMessages(params.token ?? "", pageOf(query)), (page) =>
        pageOnWire(page, query.limit, query.order === "oldest"),
      );
    },
    async verify({ identity }) {
      return { value: { ...identity, scopes: [...identity.scopes] } };
    },
  };
}

async function* onWire(events: AsyncIterable<LiveEvent>): AsyncGenerator<ApiEvent> {
  for await (const event of events) yield eventOnWire(event);
}

const idOf = (params: Readonly<Record<string, string>>): string => params.id ?? "";

const pageOf = ({ after, limit, order }: QueryOf<"listMessages">) => ({ after, limit, backwards: order === "newest" });

function filterOf({ user, team, client, model, repository, archived, since }: QueryOf<"listThreads">): ListFilter {
  const said = { user, team, client, model, repository };
  return {
    ...Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined)),
    ...(archived === undefined ? {} : { archived: archived === "true" }),
    ...(since === undefined ? {} : { sinceMs: Date.parse(since) }),
  };
}

/** Undefined: whatever there is. */
function versionOf(headers: Headers): number | undefined | ApiRefusal {
  const said = headers.get("x-sync-version");
  if (said === null) return undefined;
  if (/^\d{1,15}$/.test(said)) return Number(said);
  return { refused: "invalid_request", message: "`X-Sync-Version` is the `version` of the thread that the change is based on." };
}

function told<Value>(outcome: Outcome<Value>, onWire: (value: Value) => unknown): ApiResult {
  return outcome.kind === "done" ? { value: onWire(outcome.value) } : refusalOf(outcome);
}

function refusalOf(refused: Refused): ApiRefusal {
  if (refused.kind === "missing") return { refused: "not_found", message: "There is no such thread, or it is not shown to you." };
  if (refused.kind === "invalid") return { refused: "invalid_request", message: refused.why };
  if (refused.kind === "forbidden") return { refused: "permission", message: refused.why };
  if (refused.kind === "too_large") return { refused: "too_large", message: refused.why };
  const message = `The thread has version ${refused.version} by now. Read it again, put your change on top, and send that.`;
  return { refused: "conflict", message, version: refused.version };
}
