// Which thread a conversation belongs to, and where in it: after the last message that both have. Known from memory for what passed lately, else
// from the store. Invariants: a conversation that only grew stays in its thread; one whose past was changed becomes a fork that begins after
// the last common message; an answer that was cut short is no past, and going on without it changes nothing.

import type { IdSource } from "../base/index.ts";
import type { Message, ThreadKey, ThreadOrigin, ThreadStore } from "../ports/index.ts";
import { type Link, promptChain } from "./conversation.ts";
import { threadOfSession, threadOfUuid } from "./digest.ts";
import { Recent } from "./recent.ts";
import type { Turn } from "./turn.ts";

const LOOKUP_MAX = 500;
const TAIL = 20;

/** What is known of a thread. */
export interface Trail {
  /** Sequence of its last message. */
  readonly last: number;
  /** Chain of the last message that is neither a prompt nor cut short. */
  readonly tip: string | undefined;
  /** Hash of the prompt that was stored last, when that is known. */
  readonly prompt: string | undefined;
  readonly isCompacted: boolean;
}

export interface Place {
  readonly key: ThreadKey;
  /** Undefined: there is no such thread yet. */
  readonly trail: Trail | undefined;
  /** How many of the links are there. */
  readonly known: number;
  readonly origin?: ThreadOrigin;
  readonly session?: string;
  readonly mark?: "compaction";
  /** Of the thread that a fork inherits from. */
  readonly inherited?: string | undefined;
}

interface Spot {
  readonly thread: string;
  readonly sequence: number;
}

export class Places {
  readonly #store: ThreadStore;
  readonly #ids: IdSource;
  readonly #spots: Recent<Spot>;
  readonly #trails: Recent<Trail>;

  constructor(store: ThreadStore, ids: IdSource, messagesMax: number, threadsMax: number) {
    this.#store = store;
    this.#ids = ids;
    this.#spots = new Recent(messagesMax);
    this.#trails = new Recent(threadsMax);
  }

  /** @param links at least one. @param promptHash of the turn. Rejects as the store does. */
  async of(turn: Turn, links: readonly Link[], promptHash: string | undefined): Promise<Place> {
    const { tenant } = turn;
    const isNew = turn.session !== undefined && !(await this.trail({ tenant, id: threadOfSession(tenant, turn.session) }));
    // Chains of a session begin with it: where it has no thread, nobody has them.
    const found = isNew ? undefined : await this.#common(tenant, links);
    if (!found) return this.#withoutPast(turn, promptHash);
    const { spot, known } = found;
    const key = { tenant, id: spot.thread };
    const trail = await this.trail(key);
    if (!trail) return this.#withoutPast(turn, promptHash);
    // After an answer that was cut short clients go on without it, or with what there was of it.
    const isAtEnd = trail.tip === links[known - 1]?.chain || spot.sequence === trail.last;
    if (known === links.length || isAtEnd) return { key, trail, known };
    const origin = { kind: "fork", thread: spot.thread, sequence: spot.sequence } as const;
    return { key: this.#newKey(tenant), trail: undefined, known, origin, inherited: trail.prompt };
  }

  async trail(key: ThreadKey): Promise<Trail | undefined> {
    const name = nameOf(key);
    const remembered = this.#trails.get(name);
    if (remembered) return remembered;
    const found = await this.#store.find(key);
    if (!found) return undefined;
    const { messages } = await this.#store.messages(key, { after: 0, limit: TAIL, backwards: true });
    const read = messages.filter((message): message is Message => "content" in message);
    const tip = read.find(({ role, mark }) => role !== "system" && mark !== "aborted");
    const isCompacted = read[0]?.mark === "compaction";
    const trail = { last: found.thread.messages, tip: tip?.chain, prompt: undefined, isCompacted };
    this.#trails.set(name, trail);
    return trail;
  }

  remember(key: ThreadKey, trail: Trail): void {
    this.#trails.set(nameOf(key), trail);
  }

  rememberSpot(chain: string, key: ThreadKey, sequence: number): void {
    this.#spots.set(chain, { thread: key.id, sequence });
  }

  forget(key: ThreadKey): void {
    this.#trails.delete(nameOf(key));
  }

  fork(tenant: string, from: ThreadKey, sequence: number, inherited: string | undefined, known: number): Place {
    const origin = { kind: "fork", thread: from.id, sequence } as const;
    return { key: this.#newKey(tenant), trail: undefined, known, origin, inherited };
  }

  spotOf(chain: string): Spot | undefined {
    return this.#spots.get(chain);
  }

  /** The last link that any message has. */
  async #common(tenant: string, links: readonly Link[]): Promise<{ spot: Spot; known: number } | undefined> {
    for (let known = links.length; known > 0; known--) {
      const spot = this.#spots.get(links[known - 1]?.chain ?? "");
      if (spot) return { spot, known };
    }
    for (let end = links.length; end > 0; end -= LOOKUP_MAX) {
      const chains = links.slice(Math.max(0, end - LOOKUP_MAX), end).map(({ chain }) => chain);
      const found = await this.#store.find({ tenant, chains });
      if (found?.sequence === undefined) continue;
      const spot = { thread: found.thread.id, sequence: found.sequence };
      const known = await this.#knownAt(found.thread, spot.sequence, links);
      if (known > 0) return { spot, known };
    }
    return undefined;
  }

  async #knownAt(key: ThreadKey, sequence: number, links: readonly Link[]): Promise<number> {
    const { messages } = await this.#store.messages(key, { after: sequence - 1, limit: 1 });
    const [message] = messages;
    if (!message || !("content" in message) || message.chain === undefined) return 0;
    this.rememberSpot(message.chain, key, sequence);
    return links.findLastIndex(({ chain }) => chain === message.chain) + 1;
  }

  async #withoutPast(turn: Turn, promptHash: string | undefined): Promise<Place> {
    const { tenant, session, parentSession } = turn;
    if (session === undefined) return { key: this.#newKey(tenant), trail: undefined, known: 0, ...this.#parent(turn) };
    const key = { tenant, id: threadOfSession(tenant, session) };
    const trail = await this.trail(key);
    if (!trail) return { key, trail, known: 0, session, ...(parentSession === undefined ? {} : this.#parent(turn)) };
    // The same prompt without the past: the client replaced it. Another prompt: a conversation beside this one.
    if (await this.#hasPrompt(key, trail, promptHash)) {
      return { key, trail, known: 0, ...(trail.isCompacted ? {} : { mark: "compaction" as const }) };
    }
    const origin = { kind: "child", thread: key.id, sequence: trail.last } as const;
    return { key: this.#newKey(tenant), trail: undefined, known: 0, origin };
  }

  async #hasPrompt({ tenant, id }: ThreadKey, trail: Trail, hash: string | undefined): Promise<boolean> {
    if (hash === undefined || trail.prompt === hash) return true;
    const found = await this.#store.find({ tenant, chains: [promptChain(id, hash)] });
    return found !== undefined;
  }

  #parent({ tenant, parentSession }: Turn): { origin?: ThreadOrigin } {
    if (parentSession === undefined) return {};
    const thread = threadOfSession(tenant, parentSession);
    return { origin: { kind: "child", thread, sequence: this.#trails.get(nameOf({ tenant, id: thread }))?.last ?? 0 } };
  }

  #newKey = (tenant: string): ThreadKey => ({ tenant, id: threadOfUuid(this.#ids()) });
}

const nameOf = ({ tenant, id }: ThreadKey): string => `${tenant}\n${id}`;
