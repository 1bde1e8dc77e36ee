// The small language of the scripted model: markers such as [[tool read {"path":"a.ts"}]] in the last user message.
// Reading never fails: what is no marker is prose, and a marker with a fault in it becomes `unreadable`.
// The README lists all markers.

import { isRecord, type Json } from "./prompt.ts";

export interface ToolMarker {
  readonly kind: "tool";
  readonly name: string;
  readonly arguments: Json;
  /** Called in the same answer as the tool before it. */
  readonly joined: boolean;
}

export type Marker =
  | ToolMarker
  | { readonly kind: "say" | "think"; readonly text: string }
  | { readonly kind: "words"; readonly count: number }
  | { readonly kind: "error"; readonly status: number; readonly retryAfterSeconds: number | undefined }
  | { readonly kind: "stream-error"; readonly type: string }
  | { readonly kind: "cut" | "silent" }
  | { readonly kind: "pace"; readonly ms: number }
  | { readonly kind: "unreadable"; readonly problem: string };

export interface Script {
  readonly markers: readonly Marker[];
  /** The message without its markers. */
  readonly prose: string;
}

const MARKERS_MAX = 100;
const WORDS_MAX = 100_000;
const PACE_MS_MAX = 60_000;
const START = /\[\[(tool|also|say|think|words|error|stream-error|cut|silent|pace)(?=[\s\]])/g;

/** Markers beyond the first hundred are prose. */
export function parseScript(message: string): Script {
  const markers: Marker[] = [];
  let prose = "";
  let proseStart = 0;
  for (const match of message.matchAll(START)) {
    if (match.index < proseStart || markers.length === MARKERS_MAX) continue;
    const bodyStart = match.index + match[0].length;
    const end = markerEnd(message, bodyStart, match[1] === "tool" || match[1] === "also");
    if (end === undefined) break;
    markers.push(marker(match[1] ?? "", message.slice(bodyStart, end).trim()));
    prose += message.slice(proseStart, match.index);
    proseStart = end + 2;
  }
  return { markers, prose: prose + message.slice(proseStart) };
}

/** Where the closing brackets stand; those inside JSON arguments do not count. Undefined when there are none. */
function markerEnd(message: string, start: number, takesJson: boolean): number | undefined {
  const plain = message.indexOf("]]", start);
  if (plain < 0) return undefined;
  const brace = takesJson ? message.indexOf("{", start) : -1;
  if (brace < 0 || plain < brace) return plain;
  const after = jsonEnd(message, brace);
  const end = after === undefined ? plain : message.indexOf("]]", after);
  return end < 0 ? plain : end;
}

function jsonEnd(message: string, start: number): number | undefined {
  let depth = 0;
  let inString = false;
  for (let index = start; index < message.length; index++) {
    const character = message[index];
    if (inString) {
      if (character === "\\") index += 1;
      else if (character === '"') inString = false;
    } else if (character === '"') inString = true;
    else if (character === "{") depth += 1;
    else if (character === "}" && --depth === 0) return index + 1;
  }
  return undefined;
}

function marker(name: string, body: string): Marker {
  switch (name) {
    case "tool":
    case "also":
      return toolMarker(body, name === "also");
    case "say":
    case "think":
      return { kind: name, text: body };
    case "words":
      return numbered(name, body, WORDS_MAX) ?? { kind: "words", count: Number(body) };
    case "pace":
      return numbered(name, body, PACE_MS_MAX) ?? { kind: "pace", ms: Number(body) };
    case "error":
      return errorMarker(body);
    case "stream-error":
      return { kind: "stream-error", type: body === "" ? "overloaded_error" : body };
    default:
      return { kind: name === "cut" ? "cut" : "silent" };
  }
}

function numbered(name: string, body: string, max: number): Marker | undefined {
  if (/^\d+$/.test(body) && Number(body) <= max) return undefined;
  return { kind: "unreadable", problem: `[${name}] takes a whole number from 0 to ${max}` };
}

function toolMarker(body: string, joined: boolean): Marker {
  const match = /^(\S+)\s*([\s\S]*)$/.exec(body);
  const name = match?.[1];
  if (!name) return { kind: "unreadable", problem: "[tool] takes the name of a tool, then its arguments as a JSON object" };
  const json = match[2] || "{}";
  // Some command lines hand a prompt on in quotes, with the quotes inside escaped.
  const made = jsonObject(json) ?? jsonObject(json.replaceAll('\\"', '"'));
  if (made) return { kind: "tool", name, arguments: made, joined };
  return { kind: "unreadable", problem: `the arguments of [tool ${name}] are not a JSON object` };
}

function jsonObject(json: string): Json | undefined {
  try {
    const parsed: unknown = JSON.parse(json);
    return isRecord(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

function errorMarker(body: string): Marker {
  const match = /^([45]\d\d)(?:\s+retry-after=(\d{1,5}))?$/.exec(body);
  if (!match) return { kind: "unreadable", problem: "[error] takes a status from 400 to 599, then perhaps retry-after=SECONDS" };
  return { kind: "error", status: Number(match[1]), retryAfterSeconds: match[2] === undefined ? undefined : Number(match[2]) };
}
