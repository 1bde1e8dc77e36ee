// Records turns as they pass: each in the thread of its conversation, its answer as a draft while it streams. `begin`, `chunk` and `end` only
// take notes; all else happens after the caller has its bytes, and never delays it. Bounded in turns and bytes; what is beyond is refused
// or dropped, as the operator says, and counted. Invariants: drafts of all turns go out at the same moment, so that they share commits;
// turns of one conversation are written in their order.

import { type Cancel, type Clock, type IdSource, MillraceError } from "../base/index.ts";
import type { ThreadStore } from "../ports/index.ts";
import { Chores } from "./chores.ts";
import { seedOf } from "./conversation.ts";
import { threadOfSession } from "./digest.ts";
import { DraftRounds } from "./draft-rounds.ts";
import { Lanes } from "./lanes.ts";
import { Places } from "./place.ts";
import { Recent } from "./recent.ts";
import { RecordedTurn, type TurnWork } from "./recorded-turn.ts";
import type { Redact, Settled } from "./redaction.ts";
import { Scribe } from "./scribe.ts";
import { type PolicyOf, THREAD_POLICY } from "./thread-policy.ts";
import { titleAnswered } from "./title.ts";
import { readOr, type Turn, type TurnAnswer, type TurnEnd, type TurnLog, type TurnUsage } from "./turn.ts";
import { TurnDraft } from "./turn-draft.ts";
import { RANK, type WriteThread, type WriteThreads } from "./write-thread.ts";

export interface RecorderOptions {
  readonly store: ThreadStore;
  readonly write: WriteThread;
  /** For drafts. Default: each by itself. */
  readonly writeAll?: WriteThreads;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly redact: Redact;
  /** How far a text holds no beginning of a secret. Default: all of it. */
  readonly settled?: Settled;
  readonly policyOf?: PolicyOf;
  readonly costOf?: (model: string, usage: TurnUsage) => number;
  /** What becomes of turns that cannot be recorded. Default `drop`. */
  readonly whenAway?: "refuse" | "drop";
  /** Default 100. */
  readonly draftMs?: number;
  /** Turns begun and not yet written, at most. Default 5,000. */
  readonly turnsMax?: number;
  /** Bytes of answers and texts of requests that wait to be written, at most. Default 256 MiB. */
  readonly bytesMax?: number;
  /** Of one answer's draft; what is beyond comes with the whole answer. Default 4 MiB. */
  readonly draftBytesMax?: number;
  /** How many messages and threads are remembered; for others the store is asked. Default 200,000 and 20,000. */
  readonly messagesMax?: number;
  readonly threadsMax?: number;
}

export interface RecorderStats {
  /** Turns begun and not yet written, and what they hold. */
  turns: number;
  bytes: number;
  /** Since the start. */
  recorded: number;
  refused: number;
  dropped: number;
}

const DEFAULTS = {
  ...{ draftMs: 100, turnsMax: 5000, bytesMax: 256 * 1024 * 1024, draftBytesMax: 4 * 1024 * 1024 },
  ...{ messagesMax: 200_000, threadsMax: 20_000, whenAway: "drop" as "drop" | "refuse" },
};
const TITLES_MAX = 10_000;
/** While the store is away, one turn in so long is let through to see whether it is back. */
const PROBE_MS = 1000;

export class Recorder {
  readonly #options: Omit<RecorderOptions, keyof typeof DEFAULTS> & typeof DEFAULTS;
  readonly #policyOf: PolicyOf;
  readonly #scribe: Scribe;
  readonly #lanes = new Lanes();
  readonly #chores: Chores;
  readonly #streaming = new Set<RecordedTurn>();
  readonly #titles = new Recent<string>(TITLES_MAX);
  /** Chains of answers by the ids under which their provider has them. */
  readonly #answers: Recent<string>;
  readonly #counts = { turns: 0, bytes: 0, recorded: 0, refused: 0, dropped: 0 };
  #probeAtMs: number | undefined;
  readonly #rounds: DraftRounds;
  #cancelTick: Cancel | undefined;

  /** Throws `option_invalid` for an option that bounds nothing. */
  constructor(options: RecorderOptions) {
    this.#options = { ...DEFAULTS, ...options };
    this.#chores = new Chores(options.clock);
    const {
      store,
      write,
      writeAll = (writes, rank) => Promise.all(writes.map((each) => write(each, rank))),
      ids,
      redact,
      messagesMax,
      threadsMax,
      costOf = () => 0,
    } = this.#options;
    this.#policyOf = options.policyOf ?? (() => THREAD_POLICY);
    for (const name of ["draftMs", "turnsMax", "bytesMax", "draftBytesMax"] as const) {
      if (Number.isSafeInteger(this.#options[name]) && this.#options[name] >= 1) continue;
      throw new MillraceError("option_invalid", `A recorder's \`${name}\` is a whole number of 1 or more.`);
    }
    this.#answers = new Recent(messagesMax);
    this.#rounds = new DraftRounds(this.#chores, writeAll);
    const places = new Places(store, ids, messagesMax, threadsMax);
    const titleOf = (turn: Turn) => this.#titles.get(seedOf(turn));
    this.#scribe = new Scribe({
      store,
      write,
      places,
      redact,
      policyOf: this.#policyOf,
      costOf,
      titleOf,
      answers: this.#answers,
    });
  }

  /** Undefined: not recorded. `refused`: it cannot be, and the operator wants no turn that is not. Never throws or waits. */
  begin(turn: Turn): TurnLog | "refused" | undefined {
    const { record } = this.#policyOf(turn.tenant);
    if (record === "off" || turn.kind === "side") return undefined;
    if (turn.kind === "title") return this.#titleLog(turn);
    const { turnsMax, bytesMax, whenAway } = this.#options;
    const isFull = this.#counts.turns >= turnsMax || this.#counts.bytes >= bytesMax;
    if (isFull || (whenAway === "refuse" && this.#isAway())) {
      this.#counts[whenAway === "refuse" ? "refused" : "dropped"]++;
      return whenAway === "refuse" ? "refused" : undefined;
    }
    this.#counts.turns++;
    const { clock, redact, settled = (text) => text.length, draftBytesMax } = this.#options;
    const draft = new TurnDraft(turn, { clock, redact, settled, bytesMax: draftBytesMax });
    return new RecordedTurn(turn, draft, record === "full", this.#work);
  }

  stats(): RecorderStats {
    return { ...this.#counts };
  }

  /** Resolves once every turn that ended is written or given up. */
  idle(): Promise<void> {
    this.#chores.finish();
    return this.#lanes.idle();
  }

  #isAway(): boolean {
    if (this.#probeAtMs === undefined) return false;
    const nowMs = this.#options.clock.monotonic();
    if (nowMs < this.#probeAtMs) return true;
    this.#probeAtMs = nowMs + PROBE_MS;
    return false;
  }

  readonly #tick = (): void => {
    this.#cancelTick = this.#streaming.size === 0 ? undefined : this.#options.clock.schedule(this.#options.draftMs, this.#tick);
    this.#rounds.begin(this.#streaming);
  };

  readonly #work: TurnWork = {
    record: (part) => this.#guarded(() => this.#scribe.record(part), part.end && "recorded"),
    answered: ({ tenant, continues }) => (continues === undefined ? undefined : this.#answers.get(`${tenant}\n${continues}`)),
    later: (work) => this.#chores.add(work),
    lane: (name, work) => void this.#lanes.run(name, work),
    hold: (bytes) => {
      this.#counts.bytes += bytes;
      return this.#counts.bytes <= this.#options.bytesMax;
    },
    stream: (turn) => {
      this.#streaming.add(turn);
      this.#cancelTick ??= this.#options.clock.schedule(this.#options.draftMs, this.#tick);
    },
    draft: (piece) => this.#rounds.add(piece),
    over: (turn, isDropped) => {
      this.#counts.turns--;
      this.#streaming.delete(turn);
      if (isDropped) this.#counts.dropped++;
    },
  };

  /** @param counted what it is when it succeeds; dropped when it fails. */
  async #guarded<T>(work: () => Promise<T>, counted?: "recorded"): Promise<T | undefined> {
    try {
      const value = await work();
      this.#probeAtMs = undefined;
      if (counted) this.#counts[counted]++;
      return value;
    } catch {
      if (counted) this.#counts.dropped++;
      this.#probeAtMs ??= this.#options.clock.monotonic() + PROBE_MS;
      return undefined;
    }
  }

  /** The client's own call for a title: the thread is called so, now or when it begins. */
  #titleLog(turn: Turn): TurnLog | undefined {
    const { tenant, session } = turn;
    if (session === undefined || this.#policyOf(tenant).record !== "full") return undefined;
    const id = threadOfSession(tenant, session);
    this.#counts.turns++;
    const end = ({ answer }: TurnEnd) =>
      this.#chores.add(() => {
        void this.#lanes.run(seedOf(turn), () => this.#nameThread(turn, id, readOr(answer))).finally(() => this.#counts.turns--);
      });
    return { label: id, chunk: () => {}, end };
  }

  async #nameThread(turn: Turn, id: string, answer: TurnAnswer | undefined): Promise<void> {
    const { tenant } = turn;
    const { isWhole, content } = answer ?? { isWhole: false, content: [] };
    const title = String(this.#options.redact([titleAnswered(content)])[0]);
    if (!isWhole || title === "" || this.#titles.get(seedOf(turn)) !== undefined) return;
    this.#titles.set(seedOf(turn), title);
    const write = { kind: "put", key: { tenant, id }, change: { title } } as const;
    await this.#guarded(() => this.#options.write(write, RANK.recorded));
  }
}
