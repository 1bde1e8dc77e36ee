// Real workloads to replay, read as a stream from ../shared/data/traces where that is there; else drawn from a seed with
// the same statistics. Nothing of them is kept in this repository.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Random, seededRandom } from "../../src/base/index.ts";

/** First and last id of blocks that follow each other. */
export type Run = readonly [number, number];

export interface SessionRequest {
  /** From the session's start. */
  readonly atMs: number;
  readonly tokens: number;
  readonly inFlightMs: number;
  /** The prompt in blocks of 64 tokens; ids are the session's own. */
  readonly runs: readonly Run[];
}

/** A conversation with the sub-agents that it started. */
export interface CodingSession {
  readonly promptTokens: number;
  readonly requests: readonly (SessionRequest & { readonly outputTokens: number })[];
  readonly children: readonly CodingSession[];
}

export interface LoneRequest {
  readonly atMs: number;
  readonly tokens: number;
  readonly outputTokens: number;
  /** The prompt in blocks of 512 tokens; ids are everybody's. */
  readonly blocks: readonly number[];
}

export interface Workload<T> {
  readonly source: string;
  readonly requests: T[];
}

const FOLDER = join(import.meta.dir, "..", "..", "..", "shared", "data", "traces");

async function* linesOf(path: string): AsyncGenerator<string> {
  const text = Bun.file(path).stream().pipeThrough(new DecompressionStream("gzip")).pipeThrough(new TextDecoderStream());
  let rest = "";
  for await (const chunk of text) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
  if (rest !== "") yield rest;
}

interface TracedRequest {
  t: number;
  in: number;
  out?: number;
  api_time?: number;
  hash_runs?: Run[];
  type: string;
  requests?: TracedRequest[];
}

/** Requests of sub-agents belong to the session that sent them. */
const flat = (requests: readonly TracedRequest[]): TracedRequest[] =>
  requests.flatMap((request) => (request.type === "subagent" ? flat(request.requests ?? []) : [request]));

export async function codingSessions(): Promise<Workload<SessionRequest[]>> {
  const path = join(FOLDER, "claude-code-sessions.jsonl.gz");
  if (!existsSync(path))
    return { source: "generated sessions, for want of the trace", requests: drawnSessions(seededRandom(11)) };
  const requests: SessionRequest[][] = [];
  for await (const line of linesOf(path)) {
    const session = flat((JSON.parse(line) as { requests: TracedRequest[] }).requests);
    requests.push(
      session.map((request) => ({
        atMs: 1000 * request.t,
        tokens: request.in,
        inFlightMs: 1000 * (request.api_time ?? 0),
        runs: request.hash_runs ?? [],
      })),
    );
  }
  return { source: "Claude Code sessions (callanjfox/kv-cache-tester)", requests };
}

export async function codingTurns(): Promise<Workload<CodingSession>> {
  const path = join(FOLDER, "claude-code-sessions.jsonl.gz");
  const drawn = (requests: readonly SessionRequest[]): CodingSession => ({
    promptTokens: KEPT_TOKENS,
    requests: requests.map((request) => ({ ...request, outputTokens: OUTPUT_TOKENS })),
    children: [],
  });
  if (!existsSync(path))
    return { source: "generated sessions, for want of the trace", requests: drawnSessions(seededRandom(11)).map(drawn) };
  const requests: CodingSession[] = [];
  for await (const line of linesOf(path)) {
    const traced = JSON.parse(line) as { requests: TracedRequest[]; tool_tokens: number; system_tokens: number };
    requests.push(sessionOf(traced.requests, traced.tool_tokens + traced.system_tokens));
  }
  return { source: "Claude Code sessions (callanjfox/kv-cache-tester)", requests };
}

const sessionOf = (traced: readonly TracedRequest[], promptTokens: number): CodingSession => ({
  promptTokens,
  requests: traced
    .filter(({ type }) => type !== "subagent")
    .map(({ t, in: tokens, out = 0, api_time = 0, hash_runs: runs = [] }) => ({
      ...{ atMs: 1000 * t, tokens, outputTokens: out, inFlightMs: 1000 * api_time, runs },
    })),
  children: traced.filter(({ type }) => type === "subagent").map(({ requests = [] }) => sessionOf(requests, promptTokens)),
});

export async function conversations(): Promise<Workload<LoneRequest>> {
  const path = join(FOLDER, "mooncake-conversation-first-half.jsonl.gz");
  if (!existsSync(path))
    return { source: "generated conversations, for want of the trace", requests: drawnTurns(seededRandom(12)) };
  const requests: LoneRequest[] = [];
  for await (const line of linesOf(path)) {
    const { timestamp, input_length, output_length, hash_ids } = JSON.parse(line);
    requests.push({ atMs: timestamp, tokens: input_length, outputTokens: output_length, blocks: hash_ids });
  }
  return { source: "Mooncake conversation trace, first half", requests };
}

function logNormal(random: Random, median: number, p90: number): number {
  const normal = Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
  return median * Math.exp((Math.log(p90 / median) / 1.2816) * normal);
}

const SESSIONS = 471;
const BLOCK = 64;
/** What a session keeps of its prompt when it begins anew after a compaction: tools and system prompt. */
const KEPT_TOKENS = 15_000;
const OUTPUT_TOKENS = 216;

function drawnSessions(random: Random): SessionRequest[][] {
  return Array.from({ length: SESSIONS }, () => {
    const session: SessionRequest[] = [];
    const count = Math.max(1, Math.round(Math.min(700, logNormal(random, 45, 155))));
    const tokensMax = logNormal(random, 220_000, 500_000);
    let tokens = Math.min(tokensMax, logNormal(random, 65_000, 140_000));
    let freshId = 1_000_000;
    let runs: Run[] = [[1, Math.ceil(tokens / BLOCK)]];
    for (let atMs = 0; session.length < count; ) {
      const inFlightMs = logNormal(random, 5700, 17_400);
      session.push({ atMs, tokens: Math.round(tokens), inFlightMs, runs });
      atMs += inFlightMs + logNormal(random, 10_000, 161_000);
      tokens += Math.min(90_000, logNormal(random, 727, 4804));
      if (tokens <= tokensMax) {
        const [first, last] = runs.at(-1) as Run;
        runs = [...runs.slice(0, -1), [first, Math.max(last, first + Math.ceil(tokens / BLOCK) - blocksOf(runs.slice(0, -1)))]];
        continue;
      }
      tokens = Math.min(tokensMax, KEPT_TOKENS + logNormal(random, 20_000, 50_000));
      const kept = Math.ceil(KEPT_TOKENS / BLOCK);
      runs = [
        [1, kept],
        [freshId, freshId + Math.ceil(tokens / BLOCK) - kept],
      ];
      freshId += 1_000_000;
    }
    return session;
  });
}

const blocksOf = (runs: readonly Run[]): number => runs.reduce((sum, [first, last]) => sum + last - first + 1, 0);

const TURNS = 6015;
const TURNS_PER_SECOND = 3.4;
const FOLLOWING_SHARE = 0.36;

function drawnTurns(random: Random): LoneRequest[] {
  const turns: LoneRequest[] = [];
  const open: (readonly number[])[] = [];
  let freshId = 1;
  let atMs = 0;
  while (turns.length < TURNS) {
    atMs += (-Math.log(1 - random.next()) * 1000) / TURNS_PER_SECOND;
    const follows = open.length > 50 && random.next() < FOLLOWING_SHARE;
    const before = follows ? (open.splice(random.below(open.length), 1)[0] ?? []) : [0];
    const fresh = Math.max(1, Math.round(logNormal(random, 8, 28)));
    const blocks = [...before, ...Array.from({ length: fresh }, () => freshId++)];
    turns.push({ atMs, tokens: blocks.length * 512, outputTokens: Math.round(logNormal(random, 350, 800)), blocks });
    open.push(blocks);
    if (open.length > 2000) open.shift();
  }
  return turns;
}
