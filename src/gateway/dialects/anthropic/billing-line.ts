// Claude Code's attribution: a first line of the system prompt, `x-anthropic-billing-header: cc_version=...; cch=...;`,
// that counts use and is no instruction. Its values differ between conversations, and between requests in some
// versions, so it must stay out of cache keys and fingerprints. Only the place where the client puts it counts: the
// same words further down are somebody's text.

import { isObject } from "../json-object.ts";

const BILLING_LINE = /^x-anthropic-billing-header:[^\n]*(?:\n|$)/;

/** A `system` field without the billing line. A block that held nothing else goes with it. The input is not changed. */
export function withoutBillingLine(system: unknown): unknown {
  if (typeof system === "string") return system.replace(BILLING_LINE, "");
  if (!Array.isArray(system)) return system;
  const first: unknown = system[0];
  if (!isObject(first) || typeof first.text !== "string" || !BILLING_LINE.test(first.text)) return system;
  const text = first.text.replace(BILLING_LINE, "");
  const gone = text === "" && Object.keys(first).every((key) => key === "type" || key === "text");
  return gone ? system.slice(1) : [{ ...first, text }, ...system.slice(1)];
}
