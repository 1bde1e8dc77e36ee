// Request bodies as coding assistants send them, of a wanted size.

import { NUMBER } from "./wrk.ts";

export interface BodyOptions {
  /** Default: not set, as coding assistants leave it; such answers are not cached. */
  readonly temperature?: number;
  readonly stream?: boolean;
  /** Text of the question. With NUMBER in it every request is a different one. */
  readonly text?: string;
  /** The body names no conversation, as clients that are no assistants leave it. */
  readonly isSessionless?: boolean;
}

export const DIFFERENT_TEXT = `Request ${NUMBER}: hi there, how are you?`;

/** About 150 bytes. */
export function smallBody({ temperature, stream, text = "Hi there, how are you?" }: BodyOptions = {}): string {
  return JSON.stringify({
    model: "claude-bench",
    max_tokens: 64,
    ...(temperature === undefined ? {} : { temperature }),
    ...(stream === undefined ? {} : { stream }),
    messages: [{ role: "user", content: text }],
  });
}

const CODE = `export function splice(text: string, from: number, to: number, by: string): string {
\tif (from > to || to > text.length) throw new RangeError("no such \\"range\\"");
\treturn text.slice(0, from) + by + text.slice(to); // keeps what is outside
}
`;

/**
 * A conversation of an assistant in the middle of its work: a system prompt, tools, then turns of tool calls and results
 * that hold most of the bytes: source text, with the escapes that it needs in JSON.
 * @param sizeBytes length of the whole body, met to within a few hundred bytes; each pair of messages has at least 300
 */
export function conversationBody(sizeBytes: number, messageCount: number, options: BodyOptions = {}): string {
  const pairs = messageCount / 2;
  const fill = (bytes: number) =>
    CODE.repeat(Math.max(0, Math.ceil(bytes / CODE.length))).slice(0, Math.max(0, Math.floor(bytes)));
  const build = (resultBytes: number) =>
    JSON.stringify({
      model: "claude-bench",
      max_tokens: 32_000,
      ...(options.temperature === undefined ? {} : { temperature: options.temperature }),
      system: [{ type: "text", text: "You are a coding assistant.\n", cache_control: { type: "ephemeral" } }],
      tools: ["Read", "Edit", "Bash", "Grep"].map((name) => ({
        name,
        description: `${name}s what it is told to, inside the working folder. Takes an absolute path.`,
        input_schema: { type: "object", properties: { file_path: { type: "string" } }, required: ["file_path"] },
      })),
      messages: Array.from({ length: pairs }, (_, turn) => [
        turn === 0
          ? { role: "user", content: options.text ?? "Find out why the build fails." }
          : { role: "user", content: [{ type: "tool_result", tool_use_id: `toolu_${turn}`, content: fill(resultBytes) }] },
        {
          role: "assistant",
          content: [
            { type: "text", text: `Reading file ${turn}.` },
            { type: "tool_use", id: `toolu_${turn + 1}`, name: "Read", input: { file_path: `/project/src/file-${turn}.ts` } },
          ],
        },
      ]).flat(),
      ...(options.isSessionless ? {} : { metadata: { user_id: "user_1_account__session_2" } }),
      ...(options.stream === undefined ? {} : { stream: options.stream }),
    });
  const empty = build(0).length;
  const escaped = JSON.stringify(CODE).length / CODE.length;
  const guess = (sizeBytes - empty) / (pairs - 1) / escaped;
  const measured = build(guess).length - empty;
  return build((guess * (sizeBytes - empty)) / Math.max(1, measured));
}
