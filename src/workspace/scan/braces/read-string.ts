// Finds the end of a string's content, or the first interpolated code in it. Linear; an open string ends with the
// source, or with its line where it may not span lines.

import { isWordUnit } from "../word-units.ts";
import type { StringRule } from "./lexical-table.ts";

const BACKSLASH = 92;
const DOLLAR = 36;
const NEWLINE = 10;

export interface Reached {
  /** After the closing quote, or after the opening of the code. */
  readonly at: number;
  readonly isInterpolation: boolean;
}

/** @param readName counts the name at an offset and returns its end. */
export function readString(source: string, from: number, rule: StringRule, readName: (at: number) => number): Reached {
  if (isRaw(rule)) {
    const close = source.indexOf(rule.close, from);
    return { at: close === -1 ? source.length : close + rule.close.length, isInterpolation: false };
  }
  const { close, interpolation = "" } = rule;
  const closeUnit = close.charCodeAt(0);
  const codeUnit = interpolation === "" ? -1 : interpolation.charCodeAt(0);
  let at = from;
  while (at < source.length) {
    const unit = source.charCodeAt(at);
    if (unit === codeUnit && source.startsWith(interpolation, at)) {
      const after = at + interpolation.length;
      if (rule.isInterpolationDoubled !== true || !source.startsWith(interpolation, after)) {
        return { at: opening(source, after, rule), isInterpolation: true };
      }
      at = after + interpolation.length;
    } else if (unit === BACKSLASH && rule.hasEscapes === true) at += 2;
    else if (unit === closeUnit && source.startsWith(close, at)) {
      const after = at + close.length;
      const isContent = source.charCodeAt(after) === closeUnit;
      if (rule.isDoubled === true && isContent) at = after + 1;
      else if (rule.isGreedy === true && isContent) at++;
      else return { at: after, isInterpolation: false };
    } else if (unit === NEWLINE && rule.hasLines !== true) break;
    else if (unit === DOLLAR && rule.hasDollarNames === true && isNameStart(source.charCodeAt(at + 1))) at = readName(at + 1);
    else at++;
  }
  return { at: Math.min(at, source.length), isInterpolation: false };
}

/** `{$` opens code that begins with the dollar. */
function opening(source: string, after: number, rule: StringRule): number {
  return source.charCodeAt(after - 1) === DOLLAR && rule.interpolation !== "${" ? after - 1 : after;
}

function isNameStart(unit: number): boolean {
  return isWordUnit(unit) && unit !== DOLLAR && !(unit >= 48 && unit <= 57);
}

function isRaw(rule: StringRule): boolean {
  return (
    rule.hasLines === true &&
    rule.hasEscapes !== true &&
    rule.isDoubled !== true &&
    rule.isGreedy !== true &&
    rule.interpolation === undefined &&
    rule.hasDollarNames !== true
  );
}
