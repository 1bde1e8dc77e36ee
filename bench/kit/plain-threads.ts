// The plain pattern: a thread is one JSON document in SQLite, pages are found by OFFSET, words by LIKE. On the calling thread.

import { Database } from "bun:sqlite";
import { PAGE, THREAD_MESSAGES, type ThreadWorld } from "./thread-world.ts";

const TOGETHER = 500;

export class PlainThreads {
  readonly #database: Database;

  constructor(path: string) {
    this.#database = new Database(path, { create: true, strict: true });
    this.#database.run("PRAGMA journal_mode = WAL");
    this.#database.run("PRAGMA synchronous = OFF"); // Its writes are not measured here.
    this.#database.run("CREATE TABLE thread (id TEXT PRIMARY KEY, tenant TEXT, active INTEGER, title TEXT, document TEXT)");
  }

  /** As many threads, messages and words as in that world. */
  seed(world: ThreadWorld, progress: (done: number) => void): void {
    const add = this.#database.query("INSERT INTO thread VALUES (?, ?, ?, ?, ?)");
    for (let first = 0; first < world.threads; first += TOGETHER) {
      this.#database.transaction(() => {
        for (let thread = first; thread < Math.min(first + TOGETHER, world.threads); thread++) {
          const { tenant, id } = world.key(thread);
          const count = thread < world.talks ? THREAD_MESSAGES : 0;
          const messages = Array.from({ length: count }, () => ({ role: "user", author: "u7", text: world.text() }));
          add.run(id, tenant, thread, `Conversation ${thread}`, JSON.stringify({ messages }));
        }
      })();
      progress(first);
    }
    this.#database.run("CREATE INDEX thread_active ON thread (tenant, active, title)");
  }

  messages(world: ThreadWorld, talk: number): unknown {
    const { tenant, id } = world.key(talk);
    const row = this.#database
      .query<{ document: string }, [string, string]>("SELECT document FROM thread WHERE id = ? AND tenant = ?")
      .get(id, tenant);
    return JSON.parse(row?.document ?? "");
  }

  list(tenant: string, page: number): unknown {
    return this.#database
      .query("SELECT id, active, title FROM thread WHERE tenant = ? ORDER BY active DESC LIMIT ? OFFSET ?")
      .all(tenant, PAGE, (page - 1) * PAGE);
  }

  search(tenant: string, words: string, limit: number): unknown {
    const parts = words.split(" ").map((word) => `%${word}%`);
    const like = parts.map(() => "document LIKE ?").join(" AND ");
    return this.#database
      .query(`SELECT id, active, title FROM thread WHERE tenant = ? AND ${like} ORDER BY active DESC LIMIT ?`)
      .all(tenant, ...parts, limit);
  }

  close(): void {
    this.#database.close();
  }
}
