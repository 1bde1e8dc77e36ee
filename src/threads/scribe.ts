// Writes what is new of a turn into its thread, in one write: the prompt when it changed, the messages that the thread has not, the answer.
// Invariant: a turn that is told again, whole or in part, adds nothing. Told one turn of a conversation at a time.

import type { Json, NewMessage, NewThread, ThreadKey, ThreadStore, ThreadUsage, ThreadWritten } from "../ports/index.ts";
import { answerAfter, type Conversation, type Link, promptChain } from "./conversation.ts";
import type { Place, Places, Trail } from "./place.ts";
import type { Recent } from "./recent.ts";
import type { Redact } from "./redaction.ts";
import { repositoryIn } from "./repository.ts";
import type { PolicyOf } from "./thread-policy.ts";
import { titleFrom } from "./title.ts";
import type { EndedTurn, Turn, TurnUsage } from "./turn.ts";
import { RANK, type WriteThread } from "./write-thread.ts";

export interface ScribeOptions {
  readonly store: ThreadStore;
  readonly write: WriteThread;
  readonly places: Places;
  readonly redact: Redact;
  readonly policyOf: PolicyOf;
  /** Millionths of a dollar. */
  readonly costOf: (model: string, usage: TurnUsage) => number;
  /** Told which chain an answer has, by the id under which its provider has it. */
  readonly answers: Recent<string>;
  /** A title that was answered before its thread began. */
  readonly titleOf: (turn: Turn) => string | undefined;
}

export interface TurnPart {
  readonly turn: Turn;
  readonly conversation: Conversation;
  /** Where the messages are already. */
  readonly opened?: ThreadKey | undefined;
  readonly end?: EndedTurn;
  readonly draft?: string;
}

const ID_UNITS_MAX = 256;
const NAME_UNITS_MAX = 256;

export class Scribe {
  readonly #options: ScribeOptions;

  constructor(options: ScribeOptions) {
    this.#options = options;
  }

  /** @returns the thread that has the turn; undefined when that is not known before the answer is. Rejects as the store does. */
  async record(part: TurnPart): Promise<ThreadKey | undefined> {
    const { conversation, end, draft, opened } = part;
    const last = conversation.links.at(-1);
    if (!last) return undefined;
    let place = await this.#place(part);
    const answer = end && this.#answer(part, end);
    if (end?.continuedAs !== undefined && answer?.chain !== undefined)
      this.#options.answers.set(`${part.turn.tenant}\n${end.continuedAs}`, answer.chain);
    const isAhead = place.known === conversation.links.length && place.trail !== undefined && place.trail.tip !== last.chain;
    if (isAhead) {
      // The thread went on after these messages already: the answer is that one told again, or another way from here.
      const isTold = !answer || (answer.chain !== undefined && (await this.#has(part.turn.tenant, answer.chain)));
      if (isTold) {
        await this.#endDraft(opened, draft);
        return undefined;
      }
      place = await this.#fork(place, last);
    }
    const written = await this.#put(part, place, answer);
    if (opened && opened.id !== place.key.id) await this.#endDraft(opened, draft);
    return written;
  }

  #place({ turn, conversation: { links, prompt }, opened }: TurnPart): Promise<Place> {
    const { places } = this.#options;
    if (!opened) return places.of(turn, links, prompt?.hash);
    return places.trail(opened).then((trail) => ({ key: opened, trail, known: links.length }));
  }

  async #fork({ key, trail, known }: Place, last: Link): Promise<Place> {
    const { places, store } = this.#options;
    const sequence =
      places.spotOf(last.chain)?.sequence ?? (await store.find({ tenant: key.tenant, chains: [last.chain] }))?.sequence;
    return places.fork(key.tenant, key, sequence ?? 0, trail?.prompt, known);
  }

  async #has(tenant: string, chain: string): Promise<boolean> {
    const { places, store } = this.#options;
    return places.spotOf(chain) !== undefined || (await store.find({ tenant, chains: [chain] })) !== undefined;
  }

  async #endDraft(key: ThreadKey | undefined, draft: string | undefined): Promise<void> {
    if (key && draft) await this.#options.write({ kind: "put", key, ends: [draft] }, RANK.recorded);
  }

  async #put(part: TurnPart, place: Place, answer: NewMessage | undefined): Promise<ThreadKey | undefined> {
    const { turn, conversation, draft, opened } = part;
    const { places, write } = this.#options;
    // A past that nobody has any more is no message.
    const rest = conversation.links.slice(place.known).filter(({ content }) => content.length > 0);
    const messages = rest.map((link, index) => this.#message(turn, link, index === 0 ? place.mark : undefined));
    if (answer) messages.push(answer);
    const ends = draft && opened?.id === place.key.id ? [draft] : [];
    if (messages.length === 0 && ends.length === 0) return place.key;
    const prompt = this.#newPrompt(part, place);
    const sent = prompt ? [prompt, ...messages] : messages;
    const create = place.trail ? {} : { create: this.#thread(turn, place, conversation) };
    let key = place.key;
    let written = await write({ kind: "put", key, ...create, messages: sent, ends }, RANK.recorded);
    if (written.kind === "taken") {
      key = { tenant: key.tenant, id: written.thread };
      written = await write({ kind: "put", key, messages: sent }, RANK.recorded);
    }
    if (written.kind === "written") {
      this.#remember(key, place, sent, written, prompt ? conversation.prompt?.hash : undefined);
      return key;
    }
    // Deleted meanwhile: what was deleted is not recorded again.
    places.forget(key);
    return undefined;
  }

  #remember(
    key: ThreadKey,
    { trail, inherited }: Place,
    sent: readonly NewMessage[],
    { sequences }: Extract<ThreadWritten, { kind: "written" }>,
    prompt: string | undefined,
  ): void {
    const { places } = this.#options;
    let next: Trail = trail ?? { last: 0, tip: undefined, prompt: inherited, isCompacted: false };
    sent.forEach(({ chain, role, mark }, index) => {
      const sequence = sequences[index] ?? 0;
      const isPrompt = role === PROMPT_ROLE && index === 0 && prompt !== undefined;
      if (chain !== undefined && !isPrompt) places.rememberSpot(chain, key, sequence);
      const isTip = chain !== undefined && !isPrompt && mark !== "aborted";
      next = {
        ...next,
        last: Math.max(next.last, sequence),
        ...(isTip ? { tip: chain } : {}),
        isCompacted: mark === "compaction",
      };
    });
    places.remember(key, prompt === undefined ? next : { ...next, prompt });
  }

  #thread(turn: Turn, { origin, session }: Place, { links, prompt }: Conversation): NewThread {
    const repository = turn.repository ?? (prompt && repositoryIn(prompt.content));
    const { policyOf, titleOf, redact } = this.#options;
    const { record, visibility } = policyOf(turn.tenant);
    const title = record === "full" ? String(redact([titleOf(turn) ?? titleFrom(links)])[0]).toWellFormed() : "";
    return {
      ...{
        user: turn.user,
        team: turn.team,
        createdMs: turn.startedMs,
        visibility,
        title,
        model: named(turn.model),
      },
      ...(origin ? { origin } : {}),
      ...(session === undefined ? {} : { session }),
      ...(turn.client === undefined ? {} : { client: turn.client }),
      ...(repository === undefined ? {} : { repository }),
    };
  }

  #newPrompt({ turn, conversation: { prompt } }: TurnPart, { key, trail, inherited }: Place): NewMessage | undefined {
    if (!prompt || turn.kind === "compaction" || (trail ? trail.prompt : inherited) === prompt.hash) return undefined;
    return {
      ...{ clientId: `prompt-${prompt.hash}`, role: PROMPT_ROLE, author: turn.client ?? PROMPT_ROLE, atMs: turn.startedMs },
      ...{ content: this.#kept(turn, prompt.content), chain: promptChain(key.id, prompt.hash) },
    };
  }

  #message(turn: Turn, { chain, role: sent, content }: Link, mark: "compaction" | undefined): NewMessage {
    const role = named(sent);
    const author = role === "user" ? turn.user : role === ANSWER_ROLE ? named(turn.model) : role;
    const basics = { clientId: chain, role, author, atMs: turn.startedMs, content: this.#kept(turn, content), chain };
    return mark ? { ...basics, mark } : basics;
  }

  #answer({ turn, conversation: { end: before } }: TurnPart, end: EndedTurn): NewMessage | undefined {
    if (end.content.length === 0 && !end.usage) return undefined;
    const chain = answerAfter(before, end.content)?.chain;
    const mark = !end.isWhole ? "aborted" : turn.kind === "compaction" ? "compaction" : undefined;
    return {
      // An answer of thoughts alone is in no history that a client sends.
      ...{
        clientId: chain ?? `${before}~${turn.id}`.slice(0, ID_UNITS_MAX),
        role: ANSWER_ROLE,
        author: named(turn.model),
      },
      ...{ atMs: end.endedMs, content: this.#kept(turn, end.content) },
      ...(chain === undefined ? {} : { chain }),
      ...(mark ? { mark } : {}),
      ...(end.usage ? { usage: this.#usage(turn, end.usage) } : {}),
    };
  }

  #usage({ model }: Turn, usage: TurnUsage): ThreadUsage {
    const { input, cacheRead, cacheWrite, output } = usage;
    return { input: input + cacheRead + cacheWrite, cached: cacheRead, output, cost: this.#options.costOf(model, usage) };
  }

  #kept({ tenant }: Turn, content: readonly Json[]): readonly Json[] {
    const { redact, policyOf } = this.#options;
    return policyOf(tenant).record === "full" ? redact(content) : [];
  }
}

const PROMPT_ROLE = "system";
const ANSWER_ROLE = "assistant";

/** A name as the store takes it. */
const named = (text: string): string => text.slice(0, NAME_UNITS_MAX).toWellFormed();
