// Many assistants at once, each in a conversation that grows: every turn sends all of the past, reads the answer as a stream, and goes on. Says how
// long first bytes took and what every conversation must hold in the end. A program of its own, so that it runs on the load's core.

import { DELTAS } from "./model-server.ts";
import { percentile } from "./statistics.ts";

export interface AgentsOrder {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Names the conversations: `ROUND-0` to `ROUND-(agents - 1)`. */
  readonly round: string;
  readonly agents: number;
  readonly seconds: number;
  /** Beginnings are spread over as long. */
  readonly spreadMs: number;
  /** Of the first question of each; the prompt has as much. */
  readonly historyBytes: number;
}

export interface AgentsResult {
  readonly whole: number;
  readonly broken: number;
  readonly firstByteP50Ms: number;
  readonly firstByteP99Ms: number;
  /** Of each conversation: its thread as the answers named it, and how many turns it had. */
  readonly conversations: readonly { readonly thread: string | null; readonly turns: number }[];
}

const END = "event: message_stop";
const DELTA = "event: content_block_delta";

async function talk({ url, headers, round, agents, seconds, spreadMs, historyBytes }: AgentsOrder): Promise<AgentsResult> {
  const filler = "lorem ipsum dolor sit amet consectetur ".repeat(Math.ceil(historyBytes / 39)).slice(0, historyBytes);
  const firstBytes: number[] = [];
  const conversations: { thread: string | null; turns: number }[] = [];
  const counts = { whole: 0, broken: 0 };
  const until = performance.now() + seconds * 1000;

  const turn = async (number: number, messages: readonly object[]): Promise<{ answer: string; thread: string | null }> => {
    const startedAt = performance.now();
    const answer = await fetch(url, {
      method: "POST",
      headers: { ...headers, "x-claude-code-session-id": `${round}-${number}` },
      body: JSON.stringify({ model: "claude-bench", max_tokens: 1000, stream: true, system: filler, messages }),
    });
    const decoder = new TextDecoder();
    let text = "";
    for await (const chunk of answer.body ?? []) {
      if (text === "") firstBytes.push(performance.now() - startedAt);
      text += decoder.decode(chunk, { stream: true });
    }
    const isWhole = text.split(DELTA).length - 1 === DELTAS && text.includes(END) && answer.status === 200;
    counts[isWhole ? "whole" : "broken"]++;
    const words = [...text.matchAll(/"text_delta","text":"([^"]*)"/g)].map(([, piece]) => piece).join("");
    return { answer: words, thread: answer.headers.get("x-millrace-thread") };
  };
  const agent = async (number: number): Promise<void> => {
    await Bun.sleep((number * spreadMs) / agents);
    const messages: object[] = [{ role: "user", content: `Question 0 of ${round}-${number}. ${filler}` }];
    for (let turns = 1; ; turns++) {
      const { answer, thread } = await turn(number, messages);
      messages.push({ role: "assistant", content: answer }, { role: "user", content: `Question ${turns}.` });
      conversations[number] = { thread, turns };
      if (performance.now() >= until) return;
    }
  };
  await Promise.all(Array.from({ length: agents }, (_, number) => agent(number).catch(() => counts.broken++)));
  return {
    ...counts,
    firstByteP50Ms: percentile(firstBytes, 0.5),
    firstByteP99Ms: percentile(firstBytes, 0.99),
    conversations: conversations.filter((conversation) => conversation !== undefined),
  };
}

if (import.meta.main) process.stdout.write(JSON.stringify(await talk(JSON.parse(process.argv[2] ?? "{}") as AgentsOrder)));
