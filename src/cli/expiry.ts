// When a token ends, as people write it: `30d` from now, or a date.

const UNITS_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };
const SPAN = /^([1-9]\d{0,5})([mhdw])$/;
// A date, or a date with time and zone. A time without zone would mean another moment on every machine.
const MOMENT = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2}))?$/;

/** Milliseconds since the Unix epoch; undefined when the text is neither a span nor a moment. A bare date is 00:00 UTC. */
export function parseExpiry(text: string, nowMs: number): number | undefined {
  const [, count, unit] = SPAN.exec(text) ?? [];
  if (count !== undefined && unit !== undefined) return nowMs + Number(count) * (UNITS_MS[unit] ?? Number.NaN);
  if (!MOMENT.test(text)) return undefined;
  const moment = Date.parse(text);
  // Date.parse turns 30 February into 1 March.
  const sameDay =
    Number.isFinite(moment) && new Date(`${text.slice(0, 10)}T00:00:00Z`).toISOString().startsWith(text.slice(0, 10));
  return sameDay ? moment : undefined;
}

/** For a flag: what is wrong with the text, or undefined. */
export function expiryProblem(text: string, nowMs: number): string | undefined {
  const moment = parseExpiry(text, nowMs);
  if (moment === undefined)
    return "is no time: write a span such as 12h, 30d or 8w, or a date such as 2031-12-31 or 2031-12-31T18:00Z";
  return moment <= nowMs ? "is not in the future" : undefined;
}
