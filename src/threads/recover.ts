// Answers that a crash left as drafts become messages, marked as cut short. Runs at start and now and then: a draft counts as left when nothing
// was added to it for longer than any upstream may be silent, since it may be another server's.

import type { Abortable, Clock } from "../base/index.ts";
import type { Draft, NewMessage, Thread, ThreadStore } from "../ports/index.ts";
import type { Redact } from "./redaction.ts";
import { RANK, type WriteThread } from "./write-thread.ts";

const PAGE = 100;

export interface RecoverOptions {
  readonly store: ThreadStore;
  readonly write: WriteThread;
  readonly clock: Clock;
  readonly redact: Redact;
  readonly tenants: AsyncIterable<string>;
  /** Default 300,000. */
  readonly stalledMs?: number;
}

/** @returns how many drafts became answers, or were empty and are gone. Rejects as the store does; to run it again is safe. */
export async function recoverDrafts(options: RecoverOptions, signal?: Abortable): Promise<number> {
  const { store, clock, tenants, stalledMs = 300_000 } = options;
  const beforeMs = clock.now() - stalledMs;
  let recovered = 0;
  for await (const tenant of tenants) {
    for (;;) {
      signal?.throwIfAborted();
      const page = await store.list({ tenant, viewer: undefined, stalledMs: beforeMs }, { limit: PAGE });
      let ended = 0;
      for (const thread of page) ended += await recoverThread(thread, options);
      recovered += ended;
      // What was recovered is in the next listing no more; a page of which nothing could be recovered would come for ever.
      if (page.length < PAGE || ended === 0) break;
    }
  }
  return recovered;
}

async function recoverThread({ tenant, id, messages, model }: Thread, options: RecoverOptions): Promise<number> {
  const { store, write } = options;
  const { drafts } = await store.messages({ tenant, id }, { after: messages, limit: 1 });
  if (drafts.length === 0) return 0;
  const answers = drafts.flatMap((draft) => answerOf(draft, model, options));
  const ends = drafts.map((draft) => draft.id);
  const written = await write({ kind: "put", key: { tenant, id }, messages: answers, ends }, RANK.recorded);
  return written.kind === "written" ? drafts.length : 0;
}

function answerOf({ id, text, startedMs }: Draft, model: string | undefined, { redact }: RecoverOptions): NewMessage[] {
  if (text === "") return [];
  const content = redact([{ type: "text", text }]);
  return [
    { clientId: `draft-${id}`, role: "assistant", author: model ?? "assistant", atMs: startedMs, content, mark: "aborted" },
  ];
}
