// Reads on a connection that can do nothing else. Each question sees one moment: it is one transaction.

import type { Database } from "bun:sqlite";
import type {
  Draft,
  Found,
  MessagePage,
  Thread,
  ThreadChangeEvent,
  ThreadFilter,
  ThreadKey,
  ThreadLookup,
  ThreadPlace,
  ThreadStore,
} from "../../ports/index.ts";
import { JsonText } from "./json-text.ts";
import { isCorrupt } from "./thread-file.ts";
import type { Condition } from "./thread-filter.ts";
import { chainHash } from "./thread-hash.ts";
import { ThreadList } from "./thread-list.ts";
import { StoredMessages } from "./thread-message-rows.ts";
import { ThreadNames } from "./thread-names.ts";
import { ThreadRows } from "./thread-rows.ts";
import { changeKinds } from "./thread-schema.ts";

interface DraftRow {
  id: string;
  started_ms: number;
  last: number;
}

interface ChangeRow {
  position: number;
  kind: number;
  version: number;
  first: number;
  last: number;
  tenant: number;
  id: string;
}

/** Messages: about what the cache of a connection holds. */
const WARM = 5000;
const WARM_PAGE = 100;

export class ThreadReader {
  readonly #database: Database;
  readonly #names: ThreadNames;
  readonly rows: ThreadRows;
  readonly stored: StoredMessages;
  readonly #list: ThreadList;
  readonly #drafts;
  readonly #pieces;
  readonly #changes;

  constructor(database: Database) {
    this.#database = database;
    this.#names = new ThreadNames(database);
    this.rows = new ThreadRows(database, this.#names);
    this.stored = new StoredMessages(database);
    this.#list = new ThreadList(database, this.#names, this.rows);
    this.#drafts = database.query<DraftRow, [number]>(
      "SELECT id, started_ms, last FROM draft WHERE thread = ? ORDER BY started_ms, id",
    );
    this.#pieces = database.query<{ text: string }, [number]>(
      `WITH RECURSIVE chain (position, before, text) AS (SELECT * FROM piece WHERE position = ?
         UNION ALL SELECT piece.* FROM chain CROSS JOIN piece ON piece.position = chain.before)
       SELECT text FROM chain ORDER BY position`,
    );
    this.#changes = database.query<ChangeRow, [number, number]>(
      `SELECT change.*, thread.tenant, thread.id FROM change JOIN thread ON thread.number = change.thread
        WHERE position > ? ORDER BY position LIMIT ?`,
    );
  }

  get names(): ThreadNames {
    return this.#names;
  }

  find(lookup: ThreadLookup): Found | undefined {
    return this.atOnce(() => {
      if ("chains" in lookup) return this.#byChain(lookup.tenant, lookup.chains);
      const found =
        "tokenHash" in lookup
          ? this.rows.byToken(lookup.tokenHash)
          : "session" in lookup
            ? this.rows.bySession(lookup.tenant, lookup.session)
            : this.rows.byId(lookup.tenant, lookup.id);
      return found && { thread: found.thread };
    });
  }

  messages(key: ThreadKey, page: Parameters<ThreadStore["messages"]>[1]): JsonText<MessagePage> {
    return this.atOnce(() => {
      const found = this.rows.byId(key.tenant, key.id);
      if (!found) return JsonText.of({ messages: [], drafts: [] });
      const count = found.thread.messages;
      const { first, last } = spanOf(page, count);
      const messages = this.stored.span(found, first, last, page.backwards);
      const drafts = JSON.stringify(last === count ? this.#draftsOf(found.number) : []);
      return new JsonText(`{"messages":${messages},"drafts":${drafts}}`);
    });
  }

  list(filter: ThreadFilter, page: { after?: ThreadPlace; limit: number }): readonly Thread[] {
    return this.atOnce(() => this.#list.page(filter, page));
  }

  totals(filter: ThreadFilter): ReturnType<ThreadList["totals"]> {
    return this.atOnce(() => this.#list.totals(filter));
  }

  changes(after: number, limit: number): readonly ThreadChangeEvent[] {
    return this.#changes.all(after, limit).map(({ position, kind, version, first, last, tenant, id }) => ({
      position,
      key: { tenant: this.#names.textOf(tenant), id },
      kind: changeKinds[kind] ?? "put",
      version,
      from: first,
      to: last,
    }));
  }

  /** Reads what was written last, so that the first question pays neither for memory nor for code that never ran. */
  warm(): void {
    this.#database
      .query("SELECT total(length(record)) FROM (SELECT record FROM message ORDER BY position DESC LIMIT ?)")
      .get(WARM);
    const last = this.#database.query<{ thread: number }, []>("SELECT thread FROM message ORDER BY position DESC LIMIT 1").get();
    const thread = last && this.rows.byNumber(last.thread)?.thread;
    if (!thread) return;
    this.messages(thread, { after: 0, limit: WARM_PAGE, backwards: true });
    this.list({ tenant: thread.tenant, viewer: thread }, { limit: WARM_PAGE });
  }

  fits(thread: number, { sql, values }: Condition): boolean {
    return this.#database.query(`SELECT 1 FROM thread WHERE number = ? AND ${sql}`).get(thread, ...values) !== null;
  }

  /** All that `work` reads is of one moment. */
  atOnce<T>(work: () => T): T {
    this.#database.run("BEGIN");
    try {
      return work();
    } finally {
      this.#end();
    }
  }

  close(): void {
    this.#database.close();
  }

  /** After a broken page was met, the end of a transaction says so again. Nothing was written, so nothing is lost by it. */
  #end(): void {
    try {
      this.#database.run("ROLLBACK");
    } catch (error) {
      if (!isCorrupt(error) || this.#database.inTransaction) throw error;
    }
  }

  #byChain(tenant: string, chains: readonly string[]): Found | undefined {
    const number = this.#names.find("tenant", tenant, "");
    if (number === undefined) return undefined;
    for (const chain of [...chains].reverse()) {
      const message = this.stored.byChain(chainHash(number, chain), chain);
      const found = message && this.rows.byNumber(message.thread);
      if (message && found?.tenant === number) return { thread: found.thread, sequence: message.sequence };
    }
    return undefined;
  }

  #draftsOf(thread: number): Draft[] {
    return this.#drafts.all(thread).map(({ id, started_ms: startedMs, last }) => {
      const pieces = this.#pieces.all(last).map(({ text }) => JSON.parse(text) as string);
      return { id, text: pieces.join(""), startedMs };
    });
  }
}

/** Sequences of a page; first > last: it is empty, and `last` still says where it is. */
function spanOf(
  { after, limit, backwards }: Parameters<ThreadStore["messages"]>[1],
  count: number,
): { first: number; last: number } {
  if (!backwards) return { first: after + 1, last: Math.max(Math.min(count, after + limit), Math.min(after, count)) };
  const last = after === 0 ? count : Math.min(count, after - 1);
  return { first: Math.max(1, last - limit + 1), last };
}
