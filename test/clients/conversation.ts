// Two turns of a real client through Millrace. The first makes the client run one of its own tools on a file; the second
// continues the conversation and asks for a long answer. Then what was printed, and Millrace's log, must fit.

import { expect } from "bun:test";
import type { WireMessage, WireThread } from "../../src/wire/index.ts";
import type { CallLine, LogLine } from "./launched-millrace.ts";
import type { Ended } from "./run-program.ts";
import { FIRST_LINE, inWorkshop, type Workshop } from "./workshop.ts";

/** A client's turn has its whole system prompt; requests for titles and the like are far smaller. */
const TURN_TOKENS_MIN = 4_000;
/** OpenAI's models count cached tokens in steps of 128. */
const CACHE_STEP_TOKENS = 128;
const WORDS = 300;
const DUMMY_KEY = "dummy";

export interface Turn {
  readonly url: string;
  readonly key: string;
  readonly prompt: string;
  /** The second turn continues the first. */
  readonly continues: boolean;
}

export interface Client {
  readonly program: string;
  /** How this client is run, with nothing changed but base URL, key, and what lets it work unattended. */
  readonly command: (turn: Turn) => { readonly args: string[]; readonly env: Record<string, string> };
}

export interface ConversationOptions {
  /** The marker that makes the scripted model call one of this client's tools on the file. */
  readonly toolCall: (file: string) => { readonly tool: string; readonly arguments: object };
  /** Where the calls must have arrived. */
  readonly endpoint: string;
  /** With a token of Millrace in place of a dummy key. Default: none needed. */
  readonly authRequired?: boolean;
}

export const speak = (workshop: Workshop, { program, command }: Client, turn: Omit<Turn, "url">): Promise<Ended> => {
  const { args, env } = command({ ...turn, url: workshop.url });
  return workshop.run(program, args, env);
};

/** Returns both turns as the client printed them, for what only one client shows. */
export function converse(
  client: Client,
  { toolCall, endpoint, authRequired = false }: ConversationOptions,
): Promise<[Ended, Ended]> {
  return inWorkshop({ authRequired }, async (workshop) => {
    const key = authRequired ? await workshop.token() : DUMMY_KEY;
    const call = toolCall(workshop.file);
    const marker = `[[tool ${call.tool} ${JSON.stringify(call.arguments)}]]`;
    const first = await speak(workshop, client, { key, prompt: `Look. ${marker}`, continues: false });
    const second = await speak(workshop, client, { key, prompt: `And now? [[words ${WORDS}]]`, continues: true });
    const kept = await threadsIn(workshop.url, key);
    const lines = await workshop.log();

    expect(first, first.err).toMatchObject({ code: 0 });
    expect(first.out).toContain(`The tool ${call.tool} answered: `);
    expect(first.out).toContain(FIRST_LINE);
    expect(second, second.err).toMatchObject({ code: 0 });
    expect(second.out.trim().split(/\s+/)).toHaveLength(WORDS);
    expectWellServed(lines, endpoint, authRequired);
    expectOneThread(kept);
    return [first, second];
  });
}

interface KeptThread {
  readonly thread: WireThread;
  readonly messages: readonly WireMessage[];
}

/** What was recorded of the conversation, once everything is. */
async function threadsIn(url: string, key: string): Promise<readonly KeptThread[]> {
  const get = async (path: string) => fetch(url + path, { headers: { "x-api-key": key } });
  const isBusy = async () => !/^millrace_recording_turns 0$/m.test(await (await get("/metrics")).text());
  while (await isBusy()) await new Promise(setImmediate);
  const { threads } = (await (await get("/api/threads")).json()) as { threads: WireThread[] };
  const messagesOf = async ({ id }: WireThread) =>
    ((await (await get(`/api/threads/${id}/messages?limit=200`)).json()) as { messages: WireMessage[] }).messages;
  return Promise.all(threads.map(async (thread) => ({ thread, messages: await messagesOf(thread) })));
}

/** Both turns, with the call of the tool and its answer, and nothing twice. */
function expectOneThread(kept: readonly KeptThread[]): void {
  expect(kept.map(({ thread }) => [thread.title, thread.origin])).toEqual([[expect.stringMatching(/\S/), undefined]]);
  const said = (kept[0]?.messages ?? []).map(({ role, content }) => `${role} ${JSON.stringify(content)}`);
  const ofModel = said.filter((message) => message.startsWith("assistant"));
  expect(ofModel).toHaveLength(3);
  expect(said.filter((message) => message.startsWith("user") && message.includes("Look. [[tool"))).toHaveLength(1);
  expect(said.filter((message) => message.startsWith("user") && message.includes("And now? [[words"))).toHaveLength(1);
  expect(ofModel.filter((message) => message.includes(FIRST_LINE))).toHaveLength(1);
}

export const callsIn = (lines: readonly LogLine[]): CallLine[] => lines.filter((line) => line.event === "call");

const tokensSent = (call: CallLine): number => call.inputTokens + call.cacheReadTokens + call.cacheWriteTokens;

function expectWellServed(lines: readonly LogLine[], endpoint: string, authRequired: boolean): void {
  const calls = callsIn(lines);
  const who = authRequired ? { tenant: "default", team: "mill", user: "ada" } : { tenant: expect.stringMatching(/^key-/) };
  for (const call of calls) {
    expect(call).toMatchObject({ level: "info", endpoint, stream: true, status: 200, outcome: "ok", ...who });
    expect(call.session).toBe(calls[0]?.session as string);
  }
  expect(lines.at(-1)).toMatchObject({ event: "stopped", openCalls: 0 });

  // A request that was sent twice, streamed or not, would be one too many.
  const turns = calls.filter((call) => tokensSent(call) >= TURN_TOKENS_MIN);
  expect(turns.map(({ outputTokens }) => outputTokens)).toHaveLength(3);
  const [asked, answered, continued] = turns as [CallLine, CallLine, CallLine];
  expect(tokensSent(answered)).toBeGreaterThan(tokensSent(asked) + 500);
  // The history came back word for word: all that was sent before begins the next request.
  expect(continued.cacheReadTokens).toBeGreaterThan(tokensSent(answered) - CACHE_STEP_TOKENS);
  expect(continued.outputTokens).toBeGreaterThanOrEqual(WORDS);
}

/** A wrong key ends the turn, and the client shows its user what to do. Returns the calls that this took. */
export function beRefused(client: Client): Promise<CallLine[]> {
  return inWorkshop({ authRequired: true }, async (workshop) => {
    const ended = await speak(workshop, client, { key: "wrong", prompt: "Hello", continues: false });
    expect(ended, ended.err).toMatchObject({ code: 1 });
    expect(ended.out + ended.err).toContain("millrace token create");
    const calls = callsIn(await workshop.log());
    for (const call of calls) expect(call).toMatchObject({ status: 401, outcome: "refused" });
    return calls;
  });
}
