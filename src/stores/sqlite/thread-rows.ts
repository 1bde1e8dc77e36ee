// Rows of threads for reading, by their number or by what they are known by.

import type { Database } from "bun:sqlite";
import type { Thread } from "../../ports/index.ts";
import { isCorrupt } from "./thread-file.ts";
import type { ThreadNames } from "./thread-names.ts";
import { type ThreadRow, threadOf } from "./thread-row.ts";

export interface ReadThread {
  readonly number: number;
  readonly tenant: number;
  readonly thread: Thread;
}

export class ThreadRows {
  readonly #names: ThreadNames;
  readonly #byNumber;
  readonly #byId;
  readonly #bySession;
  readonly #byToken;

  constructor(database: Database, names: ThreadNames) {
    const select = "SELECT * FROM thread WHERE deleted_ms IS NULL AND";
    // What an index says is compared with the row: one that is broken leads to another's thread.
    const selectBy = (name: string) => `SELECT row.* FROM thread AS entry CROSS JOIN thread AS row
      ON row.number = entry.number AND row.tenant = entry.tenant AND row.${name} = entry.${name}
      WHERE row.deleted_ms IS NULL AND entry.tenant = ? AND entry.${name} = ?`;
    this.#names = names;
    this.#byNumber = database.query<ThreadRow, [number]>(`${select} number = ?`);
    this.#byId = database.query<ThreadRow, [number, string]>(selectBy("id"));
    this.#bySession = database.query<ThreadRow, [number, string]>(selectBy("session"));
    this.#byToken = database.query<ThreadRow, [string]>(`${select} number IN (SELECT thread FROM share WHERE token_hash = ?)`);
  }

  byNumber(number: number): ReadThread | undefined {
    return this.#read(this.#byNumber.get(number));
  }

  /** Undefined also when the page it lies on is broken: the others of a listing are shown. */
  readable(number: number): Thread | undefined {
    try {
      return this.byNumber(number)?.thread;
    } catch (error) {
      if (isCorrupt(error)) return undefined;
      throw error;
    }
  }

  byId(tenant: string, id: string): ReadThread | undefined {
    return this.#read(this.#byId.get(this.#tenant(tenant), id));
  }

  bySession(tenant: string, session: string): ReadThread | undefined {
    return this.#read(this.#bySession.get(this.#tenant(tenant), session));
  }

  byToken(tokenHash: string): ReadThread | undefined {
    return this.#read(this.#byToken.get(tokenHash));
  }

  #tenant(tenant: string): number {
    return this.#names.find("tenant", tenant, "") ?? -1;
  }

  #read(row: ThreadRow | null): ReadThread | undefined {
    return row ? { number: row.number, tenant: row.tenant, thread: threadOf(row, this.#names) } : undefined;
  }
}
