// The second tier as the cache sees it: reads that cost at most a few milliseconds once, writes that nobody waits for.
// Writes and deletes wait in a bounded queue and are readable there. What was invalidated is not believed until a sweep
// has deleted it from the store; that knowledge lives as long as this process.

import type { Abortable, Clock } from "../../base/index.ts";
import type { KeyValue } from "../../ports/index.ts";
import { Breaker } from "./breaker.ts";
import { decodeRecord, type TierNote } from "./tier-record.ts";

export interface TierOptions {
  store: KeyValue;
  clock: Clock;
  prefix: string;
  readMsMax: number;
  writeMsMax: number;
  coolDownMs: number;
  writesMax: number;
}

/** `mustHappen`: a delete on somebody's order. Others may be dropped, at the price of an older value until it expires. */
export type TierWrite = { kind: "set"; bytes: Uint8Array; ttlMs: number } | { kind: "delete"; mustHappen: boolean };

type TierAnswer = Uint8Array | "absent" | undefined;

const TAGS_MAX = 1000;

export class Tier {
  readonly #options: TierOptions;
  readonly #breaker: Breaker;
  readonly #queue = new Map<string, TierWrite>();
  readonly #invalidTags = new Set<string>();
  #isAllInvalid = false;
  #draining: Promise<void> | undefined;
  readonly counts = { writes: 0, writesDropped: 0, writesFailed: 0 };

  constructor(options: TierOptions) {
    const { clock, coolDownMs, readMsMax, store, prefix } = options;
    this.#options = options;
    this.#breaker = new Breaker({
      clock,
      coolDownMs,
      probeMsMax: readMsMax,
      probe: async () => store.get(`${prefix}probe`),
      onClose: () => this.#drain(),
    });
  }

  get breakerOpened(): number {
    return this.#breaker.opened;
  }

  get isBypassed(): boolean {
    return this.#breaker.isOpen;
  }

  get queued(): number {
    return this.#queue.size;
  }

  /**
   * The stored bytes; `absent` when the store has none; undefined when it is away or what it has is on its way out.
   * Without a promise where the store needs none. Neither throws nor rejects.
   */
  read(key: string): TierAnswer | Promise<TierAnswer> {
    if (this.#isAllInvalid) return undefined;
    const queued = this.#queue.get(key);
    if (queued) return queued.kind === "set" ? queued.bytes : undefined;
    const { store, prefix, readMsMax } = this.#options;
    const answer = this.#breaker.run(() => store.get(prefix + key), readMsMax, true);
    return answer instanceof Promise ? this.#readLater(key, answer) : answer && (answer.value ?? "absent");
  }

  async #readLater(key: string, coming: Promise<{ value: Uint8Array | undefined } | undefined>): Promise<TierAnswer> {
    const answer = await coming;
    // A write or delete may have been queued while the store was reading.
    const since = this.#queue.get(key);
    if (since) return since.kind === "set" ? since.bytes : undefined;
    if (!answer || this.#isAllInvalid) return undefined;
    return answer.value ?? "absent";
  }

  /** Whether the record was invalidated by a tag, and is only still there because no sweep has come by. */
  isInvalid({ tags }: TierNote): boolean {
    return this.#isAllInvalid || tags.some((tag) => this.#invalidTags.has(tag));
  }

  /** Queues; replaces what is queued for the key. False when dropped. */
  write(key: string, write: TierWrite): boolean {
    const isOrder = write.kind === "delete" && write.mustHappen;
    const before = this.#queue.get(key);
    // A delete that was ordered stays one: what replaces it softly is dropped with it in effect.
    const kept = before?.kind === "delete" && before.mustHappen && write.kind === "delete" ? before : write;
    if (!before && this.#queue.size >= this.#options.writesMax && !(isOrder && this.#makeRoom())) return this.#dropped();
    if (!isOrder && !before && this.#breaker.isOpen) return this.#dropped();
    this.#queue.set(key, kept);
    this.#drain();
    return true;
  }

  /** Nothing stored with the tag, or nothing at all, is believed from now on, and it is deleted in the background. */
  invalidate(tag: string | undefined): void {
    if (tag === undefined || this.#invalidTags.size >= TAGS_MAX) this.#isAllInvalid = true;
    else this.#invalidTags.add(tag);
    if (this.#isAllInvalid) this.#queue.clear();
    else
      for (const [key, { kind }] of this.#queue) if (kind === "set") this.#queue.set(key, { kind: "delete", mustHappen: true });
    this.#drain();
  }

  /** Waits until the queue is empty, the store is away or the signal aborts. Returns how many writes are left. */
  async flush(signal: Abortable): Promise<number> {
    const left = Promise.withResolvers<void>();
    const leave = () => left.resolve();
    signal.addEventListener("abort", leave, { once: true });
    while (this.#draining && !signal.aborted) await Promise.race([this.#draining, left.promise]);
    signal.removeEventListener("abort", leave);
    return this.#queue.size;
  }

  /** Stops probing. The store is its owner's to close. */
  close(): void {
    this.#breaker.close();
  }

  #dropped(): false {
    this.counts.writesDropped++;
    return false;
  }

  /** Lets the oldest write go that may be dropped. When all are deletes on order, one sweep replaces them. */
  #makeRoom(): boolean {
    for (const [key, queued] of this.#queue) {
      if (queued.kind === "delete" && queued.mustHappen) continue;
      this.#queue.delete(key);
      this.#dropped();
      return true;
    }
    this.invalidate(undefined);
    return true;
  }

  #drain(): void {
    this.#draining ??= this.#work().finally(() => {
      this.#draining = undefined;
      if (this.#hasWork) this.#drain();
    });
  }

  get #hasWork(): boolean {
    return !this.#breaker.isOpen && (this.#queue.size > 0 || this.#isAllInvalid || this.#invalidTags.size > 0);
  }

  async #work(): Promise<void> {
    await undefined; // So that `#draining` is set before any of it runs.
    for (const [key, write] of this.#queue) {
      if (this.#breaker.isOpen) return;
      await this.#perform(key, write);
    }
    if (this.#hasWork && this.#queue.size === 0) await this.#sweep();
  }

  async #perform(key: string, write: TierWrite): Promise<void> {
    const { store, prefix, writeMsMax } = this.#options;
    const call = async (): Promise<unknown> =>
      write.kind === "set" ? store.set(prefix + key, write.bytes, { ttlMs: write.ttlMs }) : store.delete(prefix + key);
    const done = await this.#breaker.run(call, writeMsMax, write.kind === "delete");
    if (done) this.counts.writes++;
    else this.counts.writesFailed++;
    const isOrder = write.kind === "delete" && write.mustHappen;
    // An order stays queued until it was carried out. Whatever replaced this write meanwhile stays too.
    if ((done || !isOrder) && this.#queue.get(key) === write) this.#queue.delete(key);
  }

  /** Deletes every record that is invalid. Gives up when the store is away, and starts anew when it is back. */
  async #sweep(): Promise<void> {
    const { store, prefix, writeMsMax } = this.#options;
    const tags = [...this.#invalidTags];
    const isAll = this.#isAllInvalid;
    const keys = store.scan(prefix)[Symbol.asyncIterator]();
    for (;;) {
      const next = await this.#breaker.run(() => keys.next(), writeMsMax, true);
      if (!next) return;
      if (next.value.done) break;
      const key = next.value.value;
      const swept = await this.#breaker.run(() => this.#sweepOne(key, isAll), writeMsMax, true);
      if (!swept) return;
    }
    for (const tag of tags) this.#invalidTags.delete(tag);
    if (isAll) this.#isAllInvalid = false;
  }

  async #sweepOne(key: string, isAll: boolean): Promise<void> {
    const { store } = this.#options;
    const bytes = isAll ? undefined : await store.get(key);
    if (!isAll && !bytes) return;
    const record = bytes && (await decodeRecord(bytes).catch(() => undefined));
    if (!record || this.isInvalid(record.note)) await store.delete(key);
  }
}
