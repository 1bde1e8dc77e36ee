// Folds the chunks of a streamed chat completion into the `chat.completion` object that the same request would have
// got without `stream`. Fields it does not know are carried where one value is enough; where a delta holds something
// that it cannot join, `lossless` turns false and the result must not be sent in place of the stream.

import { isObject, type JsonObject, objectsOf } from "../json-object.ts";
import { isBlank } from "./json-value.ts";

type Draft = Record<string, unknown>;

interface ChoiceDraft {
  readonly message: Draft;
  readonly toolCalls: Map<number, Draft>;
  readonly rest: Draft;
  logprobs: Draft | null;
}

/** Texts that arrive in pieces. The last two are the reasoning of DeepSeek, vLLM and OpenRouter. */
const TEXT_FIELDS: ReadonlySet<string> = new Set(["content", "refusal", "reasoning_content", "reasoning"]);
/** The payload of a tool call that arrives in pieces, by the field that holds it. */
const TOOL_PAYLOADS: Readonly<Record<string, string>> = { function: "arguments", custom: "input" };

/** Azure opens a stream with a chunk whose `id` and `model` are empty and whose `created` is 0. */
const isPlaceholder = (value: unknown): boolean => value === 0 || isBlank(value);

export class ChatFold {
  readonly #top: Draft = {};
  readonly #choices = new Map<number, ChoiceDraft>();
  #usage: unknown;
  #lossless = true;

  /** False once something was seen that the folded object cannot say. */
  get lossless(): boolean {
    return this.#lossless;
  }

  add(chunk: JsonObject): void {
    // `obfuscation` is random padding against traffic analysis.
    const { choices, usage, object: _object, obfuscation: _padding, ...top } = chunk;
    for (const [name, value] of Object.entries(top)) this.#carry(this.#top, name, value);
    if (isObject(usage)) this.#usage = usage;
    for (const choice of objectsOf(choices)) this.#addChoice(choice);
  }

  /** What the choices are so far. */
  choices(): readonly JsonObject[] {
    return [...this.#choices].sort(([left], [right]) => left - right).map(([index, draft]) => finishChoice(index, draft));
  }

  /** The completion; undefined while a choice has no end, or when there was none. */
  finish(): JsonObject | undefined {
    const choices = this.choices();
    if (choices.length === 0 || choices.some((choice) => typeof choice.finish_reason !== "string")) return undefined;
    const { id, created, model, ...rest } = this.#top;
    const head = { id, object: "chat.completion", created, model, choices };
    return this.#usage === undefined ? { ...head, ...rest } : { ...head, usage: this.#usage, ...rest };
  }

  /** Keeps a field that says the same in every chunk that has it. */
  #carry(target: Draft, name: string, value: unknown): void {
    const before = target[name];
    if (isPlaceholder(before)) target[name] = isPlaceholder(value) ? (before ?? value) : value;
    else if (!isPlaceholder(value) && JSON.stringify(before) !== JSON.stringify(value)) this.#lossless = false;
  }

  #addChoice(choice: JsonObject): void {
    const { index, delta, logprobs, ...rest } = choice;
    const at = typeof index === "number" ? index : 0;
    let draft = this.#choices.get(at);
    if (!draft) {
      draft = { message: {}, toolCalls: new Map(), rest: {}, logprobs: null };
      this.#choices.set(at, draft);
    }
    for (const [name, value] of Object.entries(rest)) this.#carry(draft.rest, name, value);
    if (isObject(delta)) this.#addDelta(draft, delta);
    if (isObject(logprobs)) {
      draft.logprobs ??= {};
      this.#addLogprobs(draft.logprobs, logprobs);
    }
  }

  #addDelta(draft: ChoiceDraft, delta: JsonObject): void {
    for (const [name, value] of Object.entries(delta)) {
      if (name === "tool_calls") {
        objectsOf(value).forEach((call, position) => {
          this.#addToolCall(draft, call, position);
        });
      } else if (name === "function_call" && isObject(value)) {
        draft.message.function_call = this.#joinPayload(draft.message.function_call, value, "arguments");
      } else if (name === "role") this.#carry(draft.message, name, value);
      else if (TEXT_FIELDS.has(name)) this.#addText(draft.message, name, value);
      else if (!isBlank(value)) this.#lossless = false;
    }
  }

  #addText(message: Draft, name: string, value: unknown): void {
    const before = message[name];
    if (typeof value === "string") message[name] = typeof before === "string" ? before + value : value;
    else if (value === null) message[name] ??= null;
    else if (value !== undefined) this.#lossless = false;
  }

  #addToolCall(draft: ChoiceDraft, call: JsonObject, position: number): void {
    const { index, ...fields } = call;
    if (typeof index !== "number") this.#lossless = false;
    const at = typeof index === "number" ? index : position;
    const target = draft.toolCalls.get(at) ?? {};
    draft.toolCalls.set(at, target);
    for (const [name, value] of Object.entries(fields)) {
      const payload = TOOL_PAYLOADS[name];
      if (payload !== undefined && isObject(value)) target[name] = this.#joinPayload(target[name], value, payload);
      else if (name === "id" || name === "type") this.#carry(target, name, value);
      else if (!isBlank(value)) this.#lossless = false;
    }
  }

  /** Joins the text in `payload` and carries the other fields, such as the tool's name. */
  #joinPayload(before: unknown, piece: JsonObject, payload: string): Draft {
    const joined: Draft = isObject(before) ? { ...before } : {};
    for (const [name, value] of Object.entries(piece)) {
      if (name === payload) this.#addText(joined, name, value);
      else this.#carry(joined, name, value);
    }
    return joined;
  }

  /** One list for each kind of token, or null where a kind had none. */
  #addLogprobs(joined: Draft, piece: JsonObject): void {
    for (const [name, value] of Object.entries(piece)) {
      const list = joined[name];
      if (Array.isArray(value) && Array.isArray(list)) list.push(...value);
      else if (Array.isArray(value)) joined[name] = [...value];
      else if (value === null) joined[name] ??= null;
      else this.#lossless = false;
    }
  }
}

function finishChoice(index: number, draft: ChoiceDraft): Draft {
  const { finish_reason, ...rest } = draft.rest;
  const { role, content, refusal, ...others } = draft.message;
  const message: Draft = { role: role ?? "assistant", content: content ?? null, refusal: refusal ?? null, ...others };
  if (draft.toolCalls.size > 0) {
    message.tool_calls = [...draft.toolCalls].sort(([left], [right]) => left - right).map(([, call]) => finishToolCall(call));
  }
  return { index, message, logprobs: draft.logprobs, finish_reason, ...rest };
}

function finishToolCall(call: Draft): Draft {
  const { id, type, ...payload } = call;
  return { id, type: type ?? ("custom" in payload ? "custom" : "function"), ...payload };
}
