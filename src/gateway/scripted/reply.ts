// What the scripted model answers: decided from the Prompt alone, so that equal prompts get equal answers.
// A script runs step by step; each step ends with a tool call, and the results in the conversation tell how far it is.

import { digest, idFrom } from "./canonical.ts";
import { type Position, positionIn } from "./position.ts";
import type { Prompt, Tool } from "./prompt.ts";
import { schemaInstance } from "./schema-instance.ts";
import type { Marker, Script, ToolMarker } from "./script.ts";
import { firstTokens, outputTokens } from "./tokens.ts";
import { words } from "./words.ts";

export type Part =
  | { readonly kind: "thinking"; readonly text: string }
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "tool"; readonly id: string; readonly name: string; readonly text: string; readonly freeText: boolean };

export type Fault = Extract<Marker, { kind: "error" | "stream-error" | "cut" | "silent" }>;

export interface Reply {
  readonly parts: readonly Part[];
  readonly end: "stop" | "tool" | "length";
  readonly outputTokens: number;
  /** Of these, tokens of thinking. */
  readonly thinkingTokens: number;
  readonly fault: Fault | undefined;
  /** Milliseconds between pieces, in place of the configured pace. */
  readonly paceMs: number | undefined;
}

/** Everything asked for between two rounds of tool calls. */
interface ScriptStep {
  readonly markers: Marker[];
  readonly calls: ToolMarker[];
}

const ECHO_LENGTH_MAX = 120;
/** Roomy, because some clients put lines of their own before what a tool printed. */
const QUOTE_LENGTH_MAX = 400;

export function replyTo(prompt: Prompt): Reply {
  const position = positionIn(prompt.turns);
  const { step, open } = stepAt(position.script, position.results.length);
  const parts: Part[] = [];
  for (const marker of step.markers) if (marker.kind === "think") parts.push({ kind: "thinking", text: marker.text });
  const said = saidIn(step, prompt);
  const calls = forcedCalls(prompt, position, said) ?? open;
  const missing = calls.find((call) => !offered(prompt, call.name));
  if (missing) parts.push({ kind: "text", text: notOffered(prompt, missing.name) });
  else if (said !== "") parts.push({ kind: "text", text: said });
  else if (calls.length === 0) parts.push({ kind: "text", text: closing(prompt, position) });
  if (!missing) parts.push(...calls.map((call, index) => toolPart(prompt, call, index)));
  const fault = step.markers.find((marker): marker is Fault => FAULTS.has(marker.kind));
  const pace = position.script.markers.findLast((marker) => marker.kind === "pace");
  return { ...limited(parts, prompt.outputTokensMax), fault, paceMs: pace?.ms };
}

const FAULTS: ReadonlySet<string> = new Set(["error", "stream-error", "cut", "silent"]);

/** The first step with a call that has no result yet, and those calls; else what stands after the last call. */
function stepAt(script: Script, resultCount: number): { step: ScriptStep; open: readonly ToolMarker[] } {
  const steps: ScriptStep[] = [{ markers: [], calls: [] }];
  for (const marker of script.markers) {
    const current = steps.at(-1) as ScriptStep;
    if (marker.kind !== "tool") {
      if (current.calls.length === 0) current.markers.push(marker);
      else steps.push({ markers: [marker], calls: [] });
    } else if (current.calls.length === 0 || marker.joined) current.calls.push(marker);
    else steps.push({ markers: [], calls: [marker] });
  }
  let results = resultCount;
  for (const step of steps) {
    if (results < step.calls.length) return { step, open: step.calls.slice(results) };
    results -= step.calls.length;
    if (step.calls.length === 0) return { step, open: [] };
  }
  return { step: { markers: [], calls: [] }, open: [] };
}

function saidIn(step: ScriptStep, prompt: Prompt): string {
  const said = step.markers.map((marker) => {
    if (marker.kind === "say") return marker.text;
    if (marker.kind === "words") return words(marker.count, prompt.digest);
    if (marker.kind === "unreadable")
      return `I am Millrace's scripted model, and I cannot follow this script: ${marker.problem}.`;
    return "";
  });
  return said.filter((part) => part !== "").join("\n\n");
}

/** A client that forces a tool gets it called once, with the plainest arguments that its schema allows. */
function forcedCalls(prompt: Prompt, position: Position, said: string): readonly ToolMarker[] | undefined {
  const { toolChoice } = prompt;
  if (toolChoice === "auto" || toolChoice === "none" || said !== "" || position.results.length > 0) return undefined;
  if (position.script.markers.some((marker) => marker.kind === "tool")) return undefined;
  const tool = toolChoice === "any" ? prompt.tools[0] : prompt.tools.find((candidate) => candidate.name === toolChoice.name);
  if (!tool) return undefined;
  const made = schemaInstance(tool.schema) as ToolMarker["arguments"];
  return [{ kind: "tool", name: tool.name, arguments: made, joined: false }];
}

const offered = (prompt: Prompt, name: string): Tool | undefined =>
  prompt.toolChoice === "none" ? undefined : prompt.tools.find((tool) => tool.name === name);

function notOffered(prompt: Prompt, name: string): string {
  const names = prompt.toolChoice === "none" ? [] : prompt.tools.map((tool) => tool.name).filter((name) => name !== "");
  const offer = names.length === 0 ? "It offers no tools." : `It offers: ${names.join(", ")}.`;
  return `I am Millrace's scripted model. I was asked to call the tool ${name}, but this request does not offer it. ${offer}`;
}

function closing(prompt: Prompt, { script, results }: Position): string {
  if (prompt.answerSchema !== undefined) return JSON.stringify(schemaInstance(prompt.answerSchema));
  const result = results.at(-1);
  if (result !== undefined) {
    const called = script.markers.filter((marker) => marker.kind === "tool")[results.length - 1];
    const quote = shortened(onOneLine(result), QUOTE_LENGTH_MAX);
    return `The tool ${called ? `${called.name} ` : ""}answered: ${quote === "" ? "(nothing)" : quote}`;
  }
  const echo = shortened(onOneLine(script.prose), ECHO_LENGTH_MAX);
  const greeting = "Hello! I am Millrace's scripted model: this answer was made here, without a model provider.";
  return echo === "" ? greeting : `${greeting} You wrote: "${echo}"`;
}

const onOneLine = (text: string): string => text.replaceAll(/\s+/g, " ").trim();

const shortened = (line: string, lengthMax: number): string =>
  line.length <= lengthMax ? line : `${line.slice(0, lengthMax).replace(/[\uD800-\uDBFF]$/, "")}…`;

function toolPart(prompt: Prompt, call: ToolMarker, index: number): Part {
  const freeText = offered(prompt, call.name)?.freeText ?? false;
  const json = JSON.stringify(call.arguments);
  const input = call.arguments.input;
  const text = freeText && typeof input === "string" ? input : json;
  return { kind: "tool", id: idFrom("", digest("tool", prompt.digest, index)), name: call.name, text, freeText };
}

/** Cuts the parts where the client's limit of output tokens falls, in the middle of a part if need be. */
function limited(parts: readonly Part[], tokensMax: number): Omit<Reply, "fault" | "paceMs"> {
  const kept: Part[] = [];
  let used = 0;
  let thinkingTokens = 0;
  let end: Reply["end"] = parts.some((part) => part.kind === "tool") ? "tool" : "stop";
  for (const part of parts) {
    if (used === tokensMax) {
      end = "length";
      break;
    }
    const tokens = Math.min(outputTokens(part.text), tokensMax - used);
    const text = firstTokens(part.text, tokens);
    if (text.length < part.text.length) end = "length";
    kept.push({ ...part, text });
    used += tokens;
    if (part.kind === "thinking") thinkingTokens += tokens;
  }
  return { parts: kept, end, outputTokens: used, thinkingTokens };
}
