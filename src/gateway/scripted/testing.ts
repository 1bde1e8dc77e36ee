// What the tests of this room share: requests as clients send them, and answers read back. Not part of the door.

import { VirtualClock } from "../../base/index.ts";
import { type ScriptedModelOptions, scriptedModel } from "./scripted-model.ts";

export type Body = Readonly<Record<string, unknown>>;

export interface Probe {
  readonly clock: VirtualClock;
  send(path: string, body: unknown, init?: { signal?: AbortSignal; headers?: Record<string, string> }): Promise<Response>;
  /** The JSON of the answer to a message of the user, in the dialect of the path. */
  ask(path: Path, content: unknown, more?: Body): Promise<Body>;
  get(path: string, headers?: Record<string, string>): Promise<Response>;
}

export type Path = "/v1/messages" | "/v1/chat/completions" | "/v1/responses";
export const PATHS: readonly Path[] = ["/v1/messages", "/v1/chat/completions", "/v1/responses"];

const ORIGIN = "http://scripted.test";

/** A scripted model on a virtual clock; as fast as possible unless told. */
export function probe(options: Partial<ScriptedModelOptions> = {}): Probe {
  const clock = new VirtualClock();
  const model = scriptedModel({ pace: 0, ...options, clock });
  const send: Probe["send"] = (path, body, init = {}) => {
    const text = typeof body === "string" ? body : JSON.stringify(body);
    return model(new Request(ORIGIN + path, { method: "POST", body: text, ...init }));
  };
  return {
    clock,
    send,
    ask: async (path, content, more = {}) => (await (await send(path, { ...request(path, content), ...more })).json()) as Body,
    get: (path, headers = {}) => model(new Request(ORIGIN + path, { headers })),
  };
}

/** A minimal request of one user message. */
export function request(path: Path, content: unknown): Body {
  const messages = [{ role: "user", content }];
  if (path === "/v1/responses") return { model: "gpt-scripted", input: messages };
  return path === "/v1/messages" ? { model: "claude-scripted", max_tokens: 4000, messages } : { model: "gpt-scripted", messages };
}

/** One tool, as the path's API declares it. */
export function tools(path: Path, ...names: readonly string[]): Body {
  const schema = { type: "object", properties: { path: { type: "string" } }, required: ["path"] };
  return {
    tools: names.map((name) => {
      if (path === "/v1/messages") return { name, input_schema: schema };
      if (path === "/v1/responses") return { type: "function", name, parameters: schema };
      return { type: "function", function: { name, parameters: schema } };
    }),
  };
}

/** All text of a plain answer, whatever its API. */
export function textOf(answer: Body): string {
  const found: string[] = [];
  const walk = (value: unknown, key: string): void => {
    if (typeof value === "string" && (key === "text" || key === "content")) found.push(value);
    else if (typeof value === "object" && value !== null) for (const [name, inner] of Object.entries(value)) walk(inner, name);
  };
  walk(answer.choices ?? answer.content ?? answer.output, "");
  return found.join("");
}
