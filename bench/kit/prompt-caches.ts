// What the prompt caches of several upstreams would have answered: each holds what was sent to it, without limit but for
// the time after which it forgets what nobody used.

import type { LoneRequest, Run, SessionRequest } from "./traces.ts";

/** Prompts of a session that are compared with the next; it grows from one of its last. */
const PROMPTS_KEPT = 60;
const SESSION_BLOCK = 64;
const LONE_BLOCK = 512;

interface Prompt {
  readonly runs: readonly Run[];
  readonly atMs: number;
}

export class SessionCaches {
  readonly #prompts: readonly Map<number, Prompt[]>[];
  readonly #usedAtMs: number[];
  readonly #commonTokens: number;
  readonly #forgetMs: number;

  /** @param commonTokens of every prompt's beginning, the same for all sessions. */
  constructor(upstreams: number, commonTokens: number, forgetMs: number) {
    this.#prompts = Array.from({ length: upstreams }, () => new Map());
    this.#usedAtMs = new Array(upstreams).fill(Number.NEGATIVE_INFINITY);
    this.#commonTokens = commonTokens;
    this.#forgetMs = forgetMs;
  }

  /** Input tokens that need not be computed; from now on the upstream has the whole prompt. */
  read(upstream: number, session: number, { tokens, runs }: SessionRequest, nowMs: number): number {
    const isFresh = nowMs - (this.#usedAtMs[upstream] as number) <= this.#forgetMs;
    let reusable = isFresh ? Math.min(tokens, this.#commonTokens) : 0;
    const prompts = this.#prompts[upstream]?.get(session) ?? [];
    for (const prompt of prompts) {
      if (nowMs - prompt.atMs <= this.#forgetMs) {
        reusable = Math.max(reusable, Math.min(tokens, SESSION_BLOCK * commonBlocks(runs, prompt.runs)));
      }
    }
    prompts.push({ runs, atMs: nowMs });
    if (prompts.length > PROMPTS_KEPT) prompts.shift();
    this.#prompts[upstream]?.set(session, prompts);
    this.#usedAtMs[upstream] = nowMs;
    return reusable;
  }
}

/** How many ids two prompts begin with alike. */
function commonBlocks(one: readonly Run[], other: readonly Run[]): number {
  let common = 0;
  for (let at = 0; ; at++) {
    const [left, right] = [one[at], other[at]];
    if (!left || !right || left[0] !== right[0]) return common;
    const length = Math.min(left[1], right[1]) - left[0] + 1;
    common += length;
    // Runs that end apart may go on alike in the other's next run only if ids there go on, too: then they would be one run.
    if (left[1] !== right[1]) return common;
  }
}

export class LoneCaches {
  readonly #blocks: readonly Set<number>[];

  constructor(upstreams: number) {
    this.#blocks = Array.from({ length: upstreams }, () => new Set());
  }

  read(upstream: number, { tokens, blocks }: LoneRequest): number {
    const held = this.#blocks[upstream] as Set<number>;
    let common = 0;
    while (common < blocks.length && held.has(blocks[common] as number)) common++;
    for (const block of blocks) held.add(block);
    return Math.min(tokens, LONE_BLOCK * common);
  }
}
