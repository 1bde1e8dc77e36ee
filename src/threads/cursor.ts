// Cursors of listings: opaque to clients, versioned, and bound to the question they came from. A cursor that was changed, or that belongs
// to another tenant, user or filter, is told as such instead of giving a page from anywhere. It is no secret and grants nothing:
// rights are part of every query, so the check needs no key.

import { sha256Fields } from "./digest.ts";

const VERSION = "c1";
const CHECK_CHARACTERS = 16;
const CURSOR_CHARACTERS_MAX = 1000;

/** @param question all that the listing depends on: tenant, viewer, filter, words. */
export function cursorOf(question: string, place: string): string {
  const body = Buffer.from(place).toString("base64url");
  return `${VERSION}.${body}.${check(question, place)}`;
}

/** The place that `cursorOf` was given; undefined for a cursor that is not one of this question. */
export function placeOf(question: string, cursor: string): string | undefined {
  if (cursor.length > CURSOR_CHARACTERS_MAX) return undefined;
  const [version, body = "", given, ...rest] = cursor.split(".");
  if (version !== VERSION || rest.length > 0) return undefined;
  const place = Buffer.from(body, "base64url").toString();
  return given === check(question, place) && Buffer.from(place).toString("base64url") === body ? place : undefined;
}

const check = (question: string, place: string): string => sha256Fields("cursor", question, place).slice(0, CHECK_CHARACTERS);
