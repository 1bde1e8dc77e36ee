// Conversations with the shape of traced sessions: the trace says which blocks of tokens two requests share, this writes words for them. A block
// is the same words wherever its session has it. What is new in a request is first the answer to the one before, then what the user adds.

import { seededRandom } from "../../src/base/index.ts";
import type { Turn, TurnEnd, TurnMessage } from "../../src/threads/index.ts";
import type { CodingSession, Run } from "./traces.ts";

const BLOCK_TOKENS = 64;
const CHARACTERS_PER_TOKEN = 4;
const DICTIONARY = 4000;

export type WrittenTurn = Pick<Turn, "id" | "session" | "parentSession" | "startedMs" | "messages"> & {
  readonly bodyBytes: number;
  readonly end: TurnEnd;
};

interface Piece {
  readonly role: string;
  readonly blocks: readonly number[];
}

export class SessionWriter {
  readonly #session: CodingSession;
  readonly #seed: number;
  readonly #words: readonly string[];

  constructor(session: CodingSession, seed: number) {
    this.#session = session;
    this.#seed = seed;
    this.#words = wordsOf();
  }

  *turns(): Generator<WrittenTurn> {
    yield* this.#turnsOf(this.#session, `s${this.#seed}`, undefined);
  }

  *#turnsOf(session: CodingSession, name: string, parentSession: string | undefined): Generator<WrittenTurn> {
    const { requests, promptTokens } = session;
    const plans = requests.map(({ runs }) => runs.flatMap(expanded));
    const promptBlocks = Math.floor(promptTokens / BLOCK_TOKENS);
    let pieces: readonly Piece[] = [];
    for (const [index, request] of requests.entries()) {
      const blocks = plans[index] ?? [];
      pieces =
        index === 0
          ? begun(blocks, promptBlocks)
          : continued(pieces, blocks, answerBlocks(requests[index - 1]?.outputTokens ?? 0));
      const messages = pieces.map(({ role, blocks: own }) => this.#message(role, own));
      const next = plans[index + 1];
      const answered = next ? newIn(pieces, next).slice(0, answerBlocks(request.outputTokens)) : [-1 - index];
      yield {
        ...{ id: `${name}-${index}`, session: name, parentSession, startedMs: request.atMs, messages: () => messages },
        bodyBytes: Buffer.byteLength(JSON.stringify(messages)),
        end: {
          ...{ outcome: "ok", usage: undefined, endedMs: request.atMs + request.inFlightMs },
          answer: () => ({ content: this.#message("assistant", answered).content, isWhole: true }),
        },
      };
    }
    for (const [index, child] of session.children.entries()) yield* this.#turnsOf(child, `${name}/${index}`, name);
  }

  #message(role: string, blocks: readonly number[]): TurnMessage {
    return { role, content: [{ type: "text", text: blocks.map((block) => this.#text(block)).join("") }] };
  }

  #text(block: number): string {
    const random = seededRandom(this.#seed * 1_000_003 + block);
    let text = "";
    while (text.length < BLOCK_TOKENS * CHARACTERS_PER_TOKEN)
      text += `${this.#words[Math.floor(random.next() ** 2 * DICTIONARY)]} `;
    return text;
  }
}

const expanded = ([first, last]: Run): number[] => Array.from({ length: last - first + 1 }, (_, at) => first + at);
const answerBlocks = (tokens: number): number => Math.max(1, Math.round(tokens / BLOCK_TOKENS));

const begun = (blocks: readonly number[], promptBlocks: number): readonly Piece[] => [
  { role: "system", blocks: blocks.slice(0, promptBlocks) },
  { role: "user", blocks: blocks.slice(promptBlocks) },
];

/** Pieces that both requests have whole, then the rest. */
function continued(before: readonly Piece[], blocks: readonly number[], answer: number): readonly Piece[] {
  const { kept, at } = common(before, blocks);
  const rest = blocks.slice(at);
  if (kept.length < before.length) return rest.length > 0 ? [...kept, { role: "user", blocks: rest }] : kept;
  const said = { role: "assistant", blocks: rest.slice(0, answer) };
  const asked = { role: "user", blocks: rest.slice(answer) };
  return [...kept, ...[said, asked].filter((piece) => piece.blocks.length > 0)];
}

const newIn = (before: readonly Piece[], blocks: readonly number[]): readonly number[] => {
  const { kept, at } = common(before, blocks);
  return kept.length < before.length ? [] : blocks.slice(at);
};

function common(before: readonly Piece[], blocks: readonly number[]): { kept: Piece[]; at: number } {
  const kept: Piece[] = [];
  let at = 0;
  for (const piece of before) {
    if (!piece.blocks.every((block, index) => block === blocks[at + index])) break;
    kept.push(piece);
    at += piece.blocks.length;
  }
  return { kept, at };
}

/** As likely as words are: a few come often. */
function wordsOf(): readonly string[] {
  const random = seededRandom(3);
  const letters = "etaoinshrdlucmfwypvbgkjqxz";
  const letter = () => letters[Math.floor(random.next() ** 2 * letters.length)] ?? "e";
  return Array.from({ length: DICTIONARY }, () => Array.from({ length: 2 + random.below(9) }, letter).join(""));
}
