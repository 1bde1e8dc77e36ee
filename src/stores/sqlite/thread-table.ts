// The writer's statements on rows of threads. An append touches only what it changes: the indexes of who may see a thread are
// written again when its time moves, its title and rights only when they change.

import type { Database } from "bun:sqlite";
import { MillraceError } from "../../base/index.ts";
import type { Thread } from "../../ports/index.ts";
import type { ThreadNames } from "./thread-names.ts";
import { type ThreadRow, threadOf, visibilityNumber } from "./thread-row.ts";

/** A thread with what the tables know it by. */
export interface KnownThread {
  readonly number: number;
  readonly tenant: number;
  thread: Thread;
}

const ADD = `INSERT INTO thread (number, tenant, id, user, team, created_ms, session, client, repository, origin,
  active_ms, version, messages, input, cached, output, cost, excerpt, participants, visibility, archived, pinned, title, tags, shares, model)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;
const APPENDED = `active_ms = ?, version = ?, messages = ?, input = ?, cached = ?, output = ?, cost = ?, excerpt = ?, participants = ?`;
const CHANGED = `visibility = ?, archived = ?, pinned = ?, title = ?, tags = ?, shares = ?, model = ?`;

type Value = string | number | null;

export class ThreadTable {
  readonly #names: ThreadNames;
  readonly #find;
  readonly #session;
  readonly #add;
  readonly #append;
  readonly #change;
  readonly #bury;
  #last: number;

  constructor(database: Database, names: ThreadNames) {
    this.#names = names;
    this.#find = database.query<ThreadRow, [number, string]>(
      `SELECT row.* FROM thread AS entry CROSS JOIN thread AS row ON row.number = entry.number
        WHERE entry.tenant = ? AND entry.id = ?`,
    );
    this.#session = database.query<{ id: string }, [number, string]>("SELECT id FROM thread WHERE tenant = ? AND session = ?");
    this.#add = database.query<never, Value[]>(ADD);
    this.#append = database.query<never, Value[]>(`UPDATE thread SET ${APPENDED} WHERE number = ?`);
    this.#change = database.query<never, Value[]>(`UPDATE thread SET ${APPENDED}, ${CHANGED} WHERE number = ?`);
    this.#bury = database.query<never, [number, number, number]>(
      `UPDATE thread SET deleted_ms = ?, version = ?, session = NULL, title = '', excerpt = '', tags = '[]', shares = '[]',
        participants = '[]', origin = NULL WHERE number = ?`,
    );
    this.#last = database.query<{ last: number | null }, []>("SELECT max(number) AS last FROM thread").get()?.last ?? 0;
  }

  find(tenant: number, id: string): KnownThread | "deleted" | undefined {
    const row = this.#find.get(tenant, id);
    if (!row) return undefined;
    if (row.tenant !== tenant || row.id !== id) throw brokenIndex();
    if (row.deleted_ms !== null) return "deleted";
    return { number: row.number, tenant, thread: threadOf(row, this.#names) };
  }

  /** The id of the thread that has it. */
  bySession(tenant: number, session: string): string | undefined {
    return this.#session.get(tenant, session)?.id;
  }

  /** A number that no thread had. */
  nextNumber(): number {
    return ++this.#last;
  }

  add({ number, tenant, thread }: KnownThread): void {
    const { id, user, team, createdMs, session, client, repository, origin } = thread;
    const names = [this.#names.take("user", thread.tenant, user), this.#names.take("team", thread.tenant, team)];
    const once = [createdMs, session ?? null, client ?? null, repository ?? null, origin ? JSON.stringify(origin) : null];
    this.#add.run(number, tenant, id, ...names, ...once, ...appendedValues(thread), ...changedValues(thread));
  }

  /** What messages change. */
  saveAppended({ number, thread }: KnownThread): void {
    this.#append.run(...appendedValues(thread), number);
  }

  saveAll({ number, thread }: KnownThread): void {
    this.#change.run(...appendedValues(thread), ...changedValues(thread), number);
  }

  /** That the id is taken stays, and nothing else that anybody wrote. */
  bury(number: number, version: number, atMs: number): void {
    this.#bury.run(atMs, version, number);
  }
}

const brokenIndex = () => new MillraceError("store_corrupt", "An index of the SQLite store leads to another thread.");

const appendedValues = ({ activeMs, version, messages, usage, excerpt, participants }: Thread): Value[] => [
  activeMs,
  version,
  messages,
  usage.input,
  usage.cached,
  usage.output,
  usage.cost,
  excerpt,
  JSON.stringify(participants),
];

const changedValues = ({ visibility, archived, pinned, title, tags, shares, model }: Thread): Value[] => [
  visibilityNumber(visibility),
  archived ? 1 : 0,
  pinned ? 1 : 0,
  title,
  JSON.stringify(tags),
  JSON.stringify(shares),
  model ?? null,
];
