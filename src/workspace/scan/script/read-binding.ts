// What const, let and var declare at the top of a module or namespace: names, patterns of names, and whether a value is
// a function or a class. Variables inside functions are never read here.

import * as codes from "./codes.ts";
import * as keywords from "./keywords.ts";
import { startsWord } from "./literals.ts";
import type { ScriptScan } from "./script-scan.ts";

/** Nothing of the value has been read. */
const PHASE_START = 0;
/** After `async`. */
const PHASE_ASYNC = 1;
/** After a lone name or group: an arrow would make it a function. */
const PHASE_PARAMETERS = 2;
/** In the result type of an arrow function. */
const PHASE_RESULT = 3;
const PHASE_NONE = -1;

/** After const, let or var. */
export function beginBinding(scan: ScriptScan, keyword: number): void {
  scan.bindingKind = keyword === keywords.CONST ? "constant" : "variable";
  scan.bindingFlags = scan.modifiers;
  scan.bindingAt = scan.itemAt;
  scan.state = codes.BINDING;
  scan.done(codes.OPERATOR_WORD);
}

const isPattern = (kind: number) => kind === codes.PATTERN_BRACE || kind === codes.PATTERN_BRACKET;

/** The word source[at, scan.at) where a name is expected. */
export function readBinding(scan: ScriptScan, at: number): void {
  const isKey = scan.kind === codes.PATTERN_BRACE && scan.source.charCodeAt(scan.next()) === 58;
  if (!isKey) {
    scan.itemAt = Math.min(scan.bindingAt, at);
    const definition = scan.define(scan.bindingKind, at, scan.at, scan.bindingFlags);
    if (isPattern(scan.kind)) scan.state = codes.DEFAULT;
    else {
      scan.active = definition;
      scan.state = codes.DECLARED;
    }
  }
  scan.done(codes.WORD);
}

/** A bracket where a name is expected. */
export function openPattern(scan: ScriptScan, kind: number): void {
  scan.state = isPattern(scan.kind) ? codes.DEFAULT : codes.DECLARED;
  scan.push(kind);
  scan.state = codes.BINDING;
}

/** After a comma between variables or inside a pattern. */
export function nextBinding(scan: ScriptScan): void {
  if (!isPattern(scan.kind)) {
    scan.endItem();
    // Later variables of a statement are shown from their name on.
    scan.bindingAt = scan.source.length;
  }
  scan.state = codes.BINDING;
}

/** After the = of a variable. */
export function beginValue(scan: ScriptScan): void {
  scan.state = codes.VALUE;
  scan.angle = 0;
  scan.phase = PHASE_START;
}

// What is noted of a value leaves out what stands between angle brackets: types of parameters and arguments.

/** A word in a value, already read. */
export function noteWord(scan: ScriptScan, keyword: number): void {
  const { phase } = scan;
  if (scan.angle > 0) return;
  if (phase === PHASE_RESULT || phase === PHASE_NONE) return;
  scan.phase = PHASE_NONE;
  if (phase === PHASE_PARAMETERS) return;
  if (keyword === keywords.FUNCTION) setKind(scan, "function");
  else if (keyword === keywords.CLASS_WORD) setKind(scan, "class");
  else if (keyword === keywords.ASYNC && phase === PHASE_START && startsParameters(scan)) scan.phase = PHASE_ASYNC;
  else scan.phase = PHASE_PARAMETERS;
}

function startsParameters(scan: ScriptScan): boolean {
  const unit = scan.source.charCodeAt(scan.next());
  return unit === 40 || unit === 60 || startsWord(unit);
}

/** A group opens in a value. */
export function noteGroup(scan: ScriptScan): void {
  if (scan.angle > 0 || scan.phase === PHASE_RESULT) return;
  scan.phase = expectsParameters(scan) ? PHASE_PARAMETERS : PHASE_NONE;
}

export const expectsParameters = (scan: ScriptScan): boolean => scan.phase === PHASE_START || scan.phase === PHASE_ASYNC;

/** A colon in a value. */
export function noteColon(scan: ScriptScan): void {
  if (scan.angle === 0 && scan.phase !== PHASE_RESULT) scan.phase = scan.phase === PHASE_PARAMETERS ? PHASE_RESULT : PHASE_NONE;
}

/** An arrow in a value, already read. */
export function noteArrow(scan: ScriptScan): void {
  if (scan.angle > 0) return;
  if (scan.phase === PHASE_PARAMETERS || scan.phase === PHASE_RESULT) {
    setKind(scan, "function");
    scan.definitions.signatureEnd(scan.active, scan.at);
  }
  scan.phase = PHASE_NONE;
}

/** Any other token in a value. */
export function noteOther(scan: ScriptScan): void {
  if (scan.angle === 0 && scan.phase !== PHASE_RESULT) scan.phase = PHASE_NONE;
}

function setKind(scan: ScriptScan, kind: "function" | "class"): void {
  if (scan.active >= 0) scan.definitions.kinds[scan.active] = kind;
}
