// Conversations for benchmarks of reading: so many messages of 2 KB in threads of 100, which arrive in turns of two while 1,000
// conversations go on at once, among so many threads. Texts have words as often as texts have; all of it is repeatable.

import { type Random, seededRandom } from "../../src/base/index.ts";
import type { NewMessage, NewThread, ThreadFilter, ThreadPlace, ThreadWrite, Visibility } from "../../src/ports/index.ts";

export const THREAD_MESSAGES = 100;
const TURN_MESSAGES = 2;
const AT_ONCE = 1000;
const USERS = 200;
const TEAMS = 20;
/** Threads of a page. */
export const PAGE = 50;

const HALF_BYTES = 980;
const HALVES = 4000;
const DICTIONARY = 20_000;
/** As many different ones as this are strewn over all messages. */
const CASES = 50_000;
/** Of 100 threads. */
const [PRIVATE, TEAM] = [20, 20];
const START_MS = 1_750_000_000_000;

export const QUESTION_KINDS = [
  "rare word",
  "medium word",
  "common word",
  "common and rare",
  "two medium words",
  "no such word",
] as const;
export type QuestionKind = (typeof QUESTION_KINDS)[number];

export class ThreadWorld {
  readonly tenant = "acme";
  readonly viewer = { user: "u7", team: "g7" };
  readonly messages: number;
  readonly threads: number;
  readonly #random: Random = seededRandom(4);
  readonly #halves: readonly string[];
  readonly #common: readonly string[];
  readonly #medium: readonly string[];
  /** When each thread was active last. */
  readonly #activeMs: Float64Array;
  #nowMs = START_MS;
  #message = 0;
  #texts = 0;

  /** @param count of messages, and of threads: thousands */
  constructor(count: number) {
    this.messages = count;
    this.threads = count;
    this.#activeMs = new Float64Array(count);
    const heldBy = new Map<string, number>();
    const dictionary = Array.from({ length: DICTIONARY }, (_, rank) => wordOf(rank));
    this.#halves = Array.from({ length: HALVES }, () => this.#half(dictionary));
    for (const half of this.#halves) {
      for (const word of new Set(half.split(" "))) heldBy.set(word, (heldBy.get(word) ?? 0) + 1);
    }
    const inShare = (least: number, most: number) =>
      [...heldBy].filter(([, halves]) => halves >= least * HALVES && halves < most * HALVES).map(([word]) => word);
    this.#common = inShare(0.2, 2);
    this.#medium = inShare(0.002, 0.01);
  }

  get talks(): number {
    return this.messages / THREAD_MESSAGES;
  }

  /** How many writes `batches` gives. */
  get writes(): number {
    return this.messages / TURN_MESSAGES + this.threads - this.talks;
  }

  /** All that is written, in the order in which it arrives. */
  *batches(): Generator<ThreadWrite[]> {
    const turns = THREAD_MESSAGES / TURN_MESSAGES;
    const atOnce = Math.min(AT_ONCE, this.talks);
    const batches = (this.talks / atOnce) * turns;
    const silent = this.threads - this.talks;
    let batch = 0;
    for (let first = 0; first < this.talks; first += atOnce) {
      for (let turn = 0; turn < turns; turn++) {
        const writes = Array.from({ length: atOnce }, (_, index) => this.#put(first + index, TURN_MESSAGES));
        const [from, to] = [Math.floor((silent * batch) / batches), Math.floor((silent * (batch + 1)) / batches)];
        for (let each = from; each < to; each++) writes.push(this.#put(this.talks + each, 0));
        batch++;
        yield writes;
      }
    }
  }

  /** Of a thread with messages. */
  key(talk: number): { tenant: string; id: string } {
    return { tenant: this.#tenantOf(talk), id: idOf(talk) };
  }

  /** 0 before it is written. */
  activeMs(thread: number): number {
    return this.#activeMs[thread] ?? 0;
  }

  anyTalk(): number {
    return this.#random.below(this.talks);
  }

  /** By now: what this thread was last written. */
  append(talk: number, text: string): ThreadWrite {
    return { kind: "put", key: this.key(talk), messages: [this.#newMessage(text)] };
  }

  filter(sees: "all" | "own"): ThreadFilter {
    return { tenant: this.tenant, viewer: sees === "all" ? undefined : this.viewer };
  }

  /** That page, counted from 1, or the deepest that has 100 behind it; by sorting, as no store would. */
  pageAt(sees: "all" | "own", wanted: number): { page: number; after: ThreadPlace } {
    const seen: number[] = [];
    for (let thread = 0; thread < this.threads; thread++) {
      if (this.#tenantOf(thread) === this.tenant && (sees === "all" || this.#isShown(thread))) seen.push(thread);
    }
    seen.sort((one, other) => this.activeMs(other) - this.activeMs(one));
    const page = Math.min(wanted, Math.floor(seen.length / PAGE) - 100);
    const last = seen[(page - 1) * PAGE - 1] ?? 0;
    return { page, after: { activeMs: this.activeMs(last), id: idOf(last) } };
  }

  /** Words that are in messages as often as the kind says. */
  question(kind: QuestionKind): string {
    const rare = `case${this.#random.below(Math.min(CASES, this.messages))}`;
    if (kind === "rare word") return rare;
    if (kind === "common word") return this.#one(this.#common);
    if (kind === "common and rare") return `${this.#one(this.#common)} ${rare}`;
    if (kind === "no such word") return `nothing${this.#random.below(1000)}`;
    const medium = this.#one(this.#medium);
    return kind === "medium word" ? medium : `${medium} ${this.#one(this.#medium)}`;
  }

  text(): string {
    return `${this.#one(this.#halves)} case${this.#texts++ % CASES} ${this.#one(this.#halves)}`;
  }

  #put(thread: number, messages: number): ThreadWrite {
    const contents = Array.from({ length: messages }, () => this.#newMessage(this.text()));
    const createdMs = this.#nowMs++;
    this.#activeMs[thread] = createdMs;
    const named: NewThread = {
      ...{ user: userOf(thread), team: teamOf(thread), visibility: visibilityOf(thread) },
      ...{ createdMs, title: `Conversation ${thread}`, client: "claude-code", model: `model-${thread % 5}` },
    };
    return {
      ...{ kind: "put", key: this.key(thread), create: named },
      messages: contents.map((each) => ({ ...each, atMs: createdMs })),
    };
  }

  #newMessage(text: string): NewMessage {
    const clientId = `m${this.#message++}`;
    return { clientId, role: "user", author: "u7", atMs: this.#nowMs++, content: [{ type: "text", text }] };
  }

  /** One in ten of the threads with messages is another tenant's. */
  #tenantOf(thread: number): string {
    return thread < this.talks && thread % 10 === 9 ? "rival" : this.tenant;
  }

  #isShown(thread: number): boolean {
    const visibility = visibilityOf(thread);
    if (userOf(thread) === this.viewer.user || visibility === "organisation") return true;
    return visibility === "team" && teamOf(thread) === this.viewer.team;
  }

  #one(words: readonly string[]): string {
    return words[this.#random.below(words.length)] ?? "";
  }

  /** The n-th word of a language is about as frequent as 1/n (Zipf). */
  #half(dictionary: readonly string[]): string {
    let half = "";
    while (half.length < HALF_BYTES) half += `${dictionary[Math.floor(DICTIONARY ** this.#random.next()) - 1]} `;
    return half.slice(0, -1);
  }
}

const idOf = (thread: number) => `t${String(thread).padStart(8, "0")}`;
const userOf = (thread: number) => `u${thread % USERS}`;
const teamOf = (thread: number) => `g${thread % TEAMS}`;

function visibilityOf(thread: number): Visibility {
  const part = (thread * 7919 + Math.floor(thread / USERS) * 31) % 100;
  return part < PRIVATE ? "private" : part < PRIVATE + TEAM ? "team" : "organisation";
}

/** Syllables that say the number. */
function wordOf(rank: number): string {
  let word = "";
  for (let rest = rank + 1; rest > 0; rest = Math.floor(rest / 85)) {
    word += "bcdfghjklmnprstvz".charAt(rest % 17) + "aeiou".charAt(Math.floor(rest / 17) % 5);
  }
  return word;
}
