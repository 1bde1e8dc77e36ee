// Writes batches: reads what they concern, decides in memory (write-plan.ts), and sends rows in a few statements a batch. What
// this server wrote last it need not read; only a batch that met somebody takes locks beforehand.
// Invariants: threads are locked in the order of their keys and new ones begin in one order too, so that servers wait for each
// other and never in a circle; a batch that PostgreSQL refuses is halved until the write it refuses is alone.

import type { NewMessage, Thread, ThreadKey, ThreadWrite, ThreadWritten } from "../../ports/index.ts";
import { WRITES_MAX } from "./feed.ts";
import { KnownThreads } from "./known-threads.ts";
import { OutOfDate, type PostgresConnection, RefusedData, type Run } from "./postgres-connection.ts";
import type { Encoded } from "./record-row.ts";
import { rowOf, summaryRowOf, type ThreadRow, threadOf } from "./thread-row.ts";
import { problemOf } from "./write-check.ts";
import { keyOf, type PlannedMessage, type PlannedPiece, type Stored, WritePlan } from "./write-plan.ts";
import * as statements from "./write-statements.ts";

/** In a row, at most, after as many had been tried in vain. */
const CAREFUL_BATCHES_MAX = 20;
/** A batch of twice as many is written by two connections at once. */
const LANE_WRITES_MIN = 128;

type Encode = (message: NewMessage) => Encoded;

export class ThreadWriter {
  readonly #connection: PostgresConnection;
  readonly #encode: Encode;
  readonly #known = new KnownThreads();
  /** How many batches to come are done with care from the start; and how many were tried in vain since one was not. */
  #carefulFor = 0;
  #triedInVain = 0;

  constructor(connection: PostgresConnection, encode: Encode) {
    this.#connection = connection;
    this.#encode = encode;
  }

  /** One outcome for each write. */
  async write(writes: readonly ThreadWrite[]): Promise<readonly ThreadWritten[]> {
    const encoded = new Map<NewMessage, Encoded>();
    const outcomes: (ThreadWritten | undefined)[] = writes.map((write) => {
      const why = problemOf(write) ?? this.#encodeAll(write, encoded);
      return why === undefined ? undefined : { kind: "invalid", why };
    });
    const lanes = lanesOf(writes, (index) => outcomes[index] === undefined);
    const lanesDone = lanes.map(async (lane) => {
      for (let from = 0; from < lane.length; from += WRITES_MAX) {
        const part = lane.slice(from, from + WRITES_MAX);
        const written = await this.#writeOrHalve(
          part.map((index) => writes[index] as ThreadWrite),
          encoded,
        );
        for (const [place, index] of part.entries()) outcomes[index] = written[place];
      }
    });
    for (const lane of await Promise.allSettled(lanesDone)) if (lane.status === "rejected") throw lane.reason;
    return outcomes as ThreadWritten[];
  }

  /** @returns why it cannot be */
  #encodeAll(write: ThreadWrite, encoded: Map<NewMessage, Encoded>): string | undefined {
    try {
      for (const { message } of messagesOf([write])) if (!encoded.has(message)) encoded.set(message, this.#encode(message));
      return undefined;
    } catch (error) {
      return `the content of a message is too deep, or no JSON (${error instanceof Error ? error.name : "unknown"})`;
    }
  }

  /** Most batches meet nobody and hold nothing twice: they are tried without locks and look-ups, and else done with care. */
  async #transact(run: Run, writes: readonly ThreadWrite[], encoded: ReadonlyMap<NewMessage, Encoded>, attempt: number) {
    if (attempt === 2) {
      this.#triedInVain++;
      this.#carefulFor = Math.min(CAREFUL_BATCHES_MAX, 2 ** this.#triedInVain - 1);
    }
    // A piece of a draft changes no version that would tell that its thread was deleted meanwhile, and messages that go with
    // their thread in the same batch meet no index that would tell that they were there before.
    const isSimple = !writes.some(({ kind }) => kind === "draft" || kind === "delete");
    const isHopeful = attempt === 1 && this.#carefulFor === 0 && isSimple;
    if (this.#carefulFor > 0) this.#carefulFor--;
    return { ...(await transact(run, writes, encoded, isHopeful ? this.#known : undefined)), isHopeful };
  }

  async #writeOrHalve(
    writes: readonly ThreadWrite[],
    encoded: ReadonlyMap<NewMessage, Encoded>,
  ): Promise<readonly ThreadWritten[]> {
    try {
      const done = await this.#connection.transaction((run, attempt) => this.#transact(run, writes, encoded, attempt));
      if (done.isHopeful) this.#triedInVain = 0;
      for (const key of done.plan.changed.keys()) if (!done.plan.deleted.has(key)) this.#known.put(key, done.plan.thread(key));
      return done.outcomes;
    } catch (error) {
      if (!(error instanceof RefusedData)) throw error;
      if (writes.length === 1) return [{ kind: "invalid", why: `PostgreSQL refuses it (SQLSTATE ${error.state})` }];
      const half = writes.length >> 1;
      const first = await this.#writeOrHalve(writes.slice(0, half), encoded);
      return [...first, ...(await this.#writeOrHalve(writes.slice(half), encoded))];
    }
  }
}

/** Indexes of writes. Those of one thread are in one lane, in their order; so are all that can take or free a session. */
function lanesOf(writes: readonly ThreadWrite[], isSound: (index: number) => boolean): number[][] {
  const bound = new Set<string>();
  for (const write of writes) {
    const isBound = write.kind === "delete" || (write.kind === "put" && write.create?.session !== undefined);
    if (isBound) bound.add(keyOf(write.key.tenant, write.key.id));
  }
  const lanes: [number[], number[]] = [[], []];
  for (const [index, { key }] of writes.entries()) {
    if (!isSound(index)) continue;
    const name = keyOf(key.tenant, key.id);
    const isFirst = writes.length < LANE_WRITES_MIN * 2 || bound.has(name) || (Bun.hash.crc32(name) & 1) === 0;
    lanes[isFirst ? 0 : 1].push(index);
  }
  return lanes.filter((lane) => lane.length > 0);
}

function* messagesOf(writes: readonly ThreadWrite[]): Generator<{ key: ThreadKey; message: NewMessage }> {
  for (const write of writes) {
    if (write.kind !== "put" || write.messages === undefined) continue;
    for (const message of write.messages) yield { key: write.key, message };
  }
}

async function transact(
  run: Run,
  writes: readonly ThreadWrite[],
  encoded: ReadonlyMap<NewMessage, Encoded>,
  known: KnownThreads | undefined,
): Promise<{ outcomes: readonly ThreadWritten[]; plan: WritePlan }> {
  const of = (message: NewMessage) => encoded.get(message) as Encoded;
  await lockBlobs(run, writes, of);
  const plan = new WritePlan(await load(run, writes, known), (message) => of(message).excerpt);
  const outcomes = writes.map((write) => plan.apply(write));
  await flush(run, plan, of);
  return { outcomes, plan };
}

/** Who deletes a thread deletes blobs that nobody needs: nobody may begin to need one meanwhile. */
async function lockBlobs(run: Run, writes: readonly ThreadWrite[], of: Encode): Promise<void> {
  const tenants = new Map<string, boolean>();
  for (const write of writes) {
    const { tenant } = write.key;
    if (write.kind === "delete") tenants.set(tenant, true);
    const needs = write.kind === "put" && write.messages?.some((message) => of(message).blobs.length > 0);
    if (needs && !tenants.has(tenant)) tenants.set(tenant, false);
  }
  if (tenants.size > 0)
    await statements.lockBlobs(
      run,
      [...tenants].map(([tenant, alone]) => ({ tenant, alone })),
    );
}

/** Those that surely change, so that their versions are asked for: with every write a message comes to them. */
function appendedTo(writes: readonly ThreadWrite[]): ReadonlySet<string> {
  const keys = new Set<string>();
  const others = new Set<string>();
  for (const write of writes) {
    const isAppend = write.kind === "put" && write.ifVersion === undefined && (write.messages?.length ?? 0) > 0;
    (isAppend ? keys : others).add(keyOf(write.key.tenant, write.key.id));
  }
  for (const key of others) keys.delete(key);
  return keys;
}

/**
 * @param known without locks, and as if no message were there already: versions, and indexes that hold each key once, tell
 *   when that was wrong
 */
async function load(run: Run, writes: readonly ThreadWrite[], known: KnownThreads | undefined): Promise<Stored> {
  const threads = new Map<string, Thread | "deleted">();
  for (const key of known ? appendedTo(writes) : []) {
    const thread = known?.take(key);
    if (thread !== undefined) threads.set(key, thread);
  }
  const keys = new Map<string, ThreadKey>();
  const created: { tenant: string; session: string }[] = [];
  const pieces: { tenant: string; thread: string; id: string }[] = [];
  for (const write of writes) {
    const { tenant, id } = write.key;
    const key = keyOf(tenant, id);
    if (threads.has(key)) continue;
    keys.set(key, write.key);
    if (write.kind === "draft") pieces.push({ tenant, thread: id, id: write.draft });
    if (write.kind === "put" && write.create?.session !== undefined) created.push({ tenant, session: write.create.session });
  }
  const clientIds = known
    ? []
    : [...messagesOf(writes)].map(({ key, message }) => ({ tenant: key.tenant, thread: key.id, client_id: message.clientId }));
  const inOrder = [...keys].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, key]) => key);
  // Sent one behind the other: what is read after the locks cannot change any more.
  const [rows, messages, sessions, drafts] = await Promise.all([
    known ? statements.findThreads(run, inOrder) : statements.lockThreads(run, inOrder),
    statements.findMessages(run, clientIds),
    statements.findSessions(run, created),
    statements.findDrafts(run, pieces),
  ]);
  for (const row of rows) threads.set(keyOf(row.tenant, row.id), row.deleted_ms === null ? threadOf(row) : "deleted");
  return {
    threads,
    messages: new Map(messages.map((row) => [keyOf(row.tenant, row.thread, row.client_id), row.sequence])),
    sessions: new Map(sessions.map((row) => [keyOf(row.tenant, row.session), row.id])),
    drafts: new Map(drafts.map((row) => [keyOf(row.tenant, row.thread, row.id), row.length])),
  };
}

/** All is sent at once, in this order; servers that meet on a key meet on the same kind first, and there in order too. */
async function flush(run: Run, plan: WritePlan, of: Encode): Promise<void> {
  const changed = [...plan.changed].map(([key, was]) => ({ key, was })).sort(inOrderOfKeys);
  const kept = changed.filter(({ key }) => !plan.created.has(key));
  const begun = [...plan.created].map((key) => rowToKeep(plan, key)).sort(inOrderOfSessions);
  const isShaped = kept.some(({ key }) => plan.reshaped.has(key));
  const gone = [...plan.deleted.values()].map(({ thread }) => ({ tenant: thread.tenant, thread: thread.id }));
  const uses = blobUses(plan, of);
  const blobs = new Map(uses.map((use) => [`${use.tenant}\0${use.hex}`, use]));
  const [updated] = await Promise.all([
    // First: deleted threads make their sessions free.
    isShaped
      ? statements.updateThreads(
          run,
          kept.map(({ key, was }) => ({ was, ...rowToKeep(plan, key) })),
        )
      : statements.updateSummaries(
          run,
          kept.map(({ key, was }) => summaryRowOf(plan.thread(key), was)),
        ),
    statements.insertThreads(run, begun),
    statements.insertMessages(
      run,
      plan.messages.map((planned) => messageRow(planned, of)),
    ),
    statements.insertBlobs(run, [...blobs.values()]),
    statements.insertBlobUses(run, uses),
    // The pieces that are left are of drafts that began behind the end of one with their name.
    statements.endDrafts(
      run,
      plan.ended.map(({ key, draft }) => ({ tenant: key.tenant, thread: key.id, id: draft })),
    ),
    statements.insertPieces(run, plan.pieces.map(pieceRow)),
    statements.keepShares(run, shareRows(plan)),
    ...statements.deletions.map((statement) => statement(run, gone)),
    statements.insertChanges(run, plan.changes.map(changeRow)),
  ]);
  if (updated.affectedRows !== kept.length) throw new OutOfDate();
}

function rowToKeep(plan: WritePlan, key: string): ThreadRow {
  const gone = plan.deleted.get(key);
  return gone ? { ...rowOf(gone.thread), deleted_ms: gone.atMs } : rowOf(plan.thread(key));
}

const inOrderOfKeys = (one: { key: string }, other: { key: string }) => (one.key < other.key ? -1 : 1);

/** Two servers that begin threads for the same sessions give them ids of their own. */
function inOrderOfSessions(one: ThreadRow, other: ThreadRow): number {
  const [first, second] = [one, other].map((row) => keyOf(row.session ?? "", row.tenant, row.id)) as [string, string];
  return first < second ? -1 : 1;
}

function messageRow({ key, sequence, message }: PlannedMessage, of: Encode) {
  const { record, blobs } = of(message);
  const hashes = blobs.length === 0 ? null : Buffer.concat(blobs.map(({ hash }) => hash));
  const { clientId, chain = null } = message;
  return { tenant: key.tenant, thread: key.id, sequence, client_id: clientId, chain, hashes, record };
}

/** Each blob of a thread once, in the order of blobs. */
function blobUses(plan: WritePlan, of: Encode) {
  const uses = new Map<string, { tenant: string; thread: string; hex: string; hash: Uint8Array; bytes: Uint8Array }>();
  for (const { key, message } of plan.messages) {
    for (const { hash, bytes } of of(message).blobs) {
      const hex = Buffer.from(hash.buffer, hash.byteOffset, hash.byteLength).toString("hex");
      uses.set(keyOf(key.tenant, hex, key.id), { tenant: key.tenant, thread: key.id, hex, hash, bytes });
    }
  }
  return [...uses].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, use]) => use);
}

function pieceRow({ key, draft, start, text, atMs }: PlannedPiece) {
  const { tenant, id: thread } = key;
  return { tenant, thread, id: draft, start, length: text.length || 1, at_ms: atMs, piece: JSON.stringify(text) };
}

/** The last one of each id: a row may be kept once a statement. */
function shareRows(plan: WritePlan) {
  const rows = plan.shares.map(({ key, share }) => {
    const row = { tenant: key.tenant, thread: key.id, id: share.id, token_hash: share.tokenHash };
    return [keyOf(key.tenant, key.id, share.id), row] as const;
  });
  return [...new Map(rows).values()];
}

function changeRow({ key, kind, version, from, to }: WritePlan["changes"][number], ordinal: number) {
  return { ordinal, tenant: key.tenant, thread: key.id, kind, version, first: from, last: to };
}
