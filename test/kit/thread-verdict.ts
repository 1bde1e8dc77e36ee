// Looks at a SQLite file of threads after something happened to it, through the store and past it: all that was acknowledged is
// there, once and where it was said to be; nothing is half there; the search finds it; more can be written.
// What was looked at before is not read again, so that a file may be looked at often while it grows.

import { Database } from "bun:sqlite";
import type { ThreadWrite } from "../../src/ports/index.ts";
import { SqliteThreadStore } from "../../src/stores/sqlite/index.ts";
import type { Acknowledged } from "./appender-run.ts";

const PAGE = 1000;
/** Acknowledged messages that are sent again: nothing may come of it. */
const AGAIN_MAX = 20;

interface Count {
  id: string;
  messages: number;
  rows: number;
  last: number;
}

/** What each message can be searched by. */
export const wordOf = (clientId: string): string => `word${clientId.replaceAll(".", "x")}`;

export class ThreadVerdict {
  readonly #path: string;
  /** Thread → the ids of its messages, in order. */
  readonly #kept = new Map<string, string[]>();

  constructor(path: string) {
    this.#path = path;
  }

  /** @returns what is wrong, in words; it ends with the file closed */
  async problems(acknowledged: readonly Acknowledged[]): Promise<string[]> {
    const found: string[] = [];
    const store = new SqliteThreadStore({ path: this.#path, readersMax: 1 });
    try {
      await store.ready();
      for (const { id } of await store.list({ tenant: "acme", viewer: undefined }, { limit: PAGE })) {
        found.push(...(await this.#readOn(store, id)));
      }
      found.push(...this.#missing(acknowledged), ...(await this.#sendAgain(store, acknowledged)));
      await store.catchUp();
      found.push(...(await this.#unfound(store)));
    } finally {
      await store.close();
    }
    return [...found, ...this.#pastTheStore()];
  }

  async #readOn(store: SqliteThreadStore, id: string): Promise<string[]> {
    const found: string[] = [];
    const kept = this.#kept.get(id) ?? [];
    this.#kept.set(id, kept);
    for (;;) {
      const { messages } = await store.messages({ tenant: "acme", id }, { after: kept.length, limit: PAGE });
      for (const message of messages) {
        if (message.sequence !== kept.length + 1) found.push(`${id}: ${message.sequence} comes after ${kept.length}`);
        if ("corrupt" in message) found.push(`${id}: ${message.sequence} cannot be read`);
        kept.push("corrupt" in message ? "" : message.clientId);
      }
      if (messages.length < PAGE) break;
    }
    if (new Set(kept).size !== kept.length) found.push(`${id}: a message is there twice`);
    return found;
  }

  #missing(acknowledged: readonly Acknowledged[]): string[] {
    return acknowledged
      .filter(({ clientId, thread, sequence }) => this.#kept.get(thread)?.[sequence - 1] !== clientId)
      .map(({ clientId, thread, sequence }) => `${clientId} was acknowledged and is not message ${sequence} of ${thread}`);
  }

  async #sendAgain(store: SqliteThreadStore, acknowledged: readonly Acknowledged[]): Promise<string[]> {
    const again = acknowledged.slice(-AGAIN_MAX);
    const written = await store.write(again.map(sameAgain));
    return again
      .filter(({ sequence }, index) => !Bun.deepMatch({ kind: "written", sequences: [sequence] }, written[index] ?? {}))
      .map(({ clientId }) => `${clientId}, sent again, is taken for another one`);
  }

  /** The last of each thread: what was entered before it was entered in order. */
  async #unfound(store: SqliteThreadStore): Promise<string[]> {
    const found: string[] = [];
    for (const [id, kept] of this.#kept) {
      const last = kept.at(-1) ?? "";
      const { hits } = await store.search({ tenant: "acme", viewer: undefined }, wordOf(last), { limit: 2 });
      const isFound = hits.length === 1 && hits[0]?.thread.id === id && hits[0].sequence === kept.length;
      if (!isFound) found.push(`${last} is not found by its word, or not alone`);
    }
    return found;
  }

  #pastTheStore(): string[] {
    const database = new Database(this.#path, { readonly: true });
    try {
      const check = database.query<{ integrity_check: string }, []>("PRAGMA integrity_check").all();
      const counts = database
        .query<Count, []>(
          `SELECT id, messages, count(sequence) AS rows, max(sequence) AS last
            FROM thread LEFT JOIN message ON thread = number GROUP BY number`,
        )
        .all();
      return [
        ...check.map((row) => row.integrity_check).filter((line) => line !== "ok"),
        ...counts
          .filter(({ id, ...count }) => Object.values(count).some((each) => each !== (this.#kept.get(id)?.length ?? 0)))
          .map((count) => `${count.id} counts otherwise than its messages: ${JSON.stringify(count)}`),
      ];
    } finally {
      database.close();
    }
  }
}

const sameAgain = ({ clientId, thread }: Acknowledged): ThreadWrite => ({
  kind: "put",
  key: { tenant: "acme", id: thread },
  messages: [{ clientId, role: "user", author: "ann", atMs: 1, content: [] }],
});
