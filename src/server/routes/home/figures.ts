// Numbers as people read them: counts, large amounts, durations.

const WHOLE = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const SHORT = new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 1 });
const SHORT_FROM = 100_000;

export const count = (value: number): string => WHOLE.format(value);

/** Shortened where the last digits say nothing: `1.2M`. */
export const amount = (value: number): string => (value < SHORT_FROM ? WHOLE : SHORT).format(value);

/** Three digits at most below a minute: `4.2 ms`, `412 ms`, `3.41 s`, `2 min 5 s`. */
export function duration(ms: number | undefined): string {
  if (ms === undefined) return "–";
  if (ms < 9.95) return `${ms.toFixed(1)} ms`;
  if (ms < 999.5) return `${ms.toFixed(0)} ms`;
  const seconds = ms / 1000;
  if (seconds < 59.95) return `${seconds.toFixed(seconds < 9.995 ? 2 : 1)} s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)} min ${whole % 60} s`;
}
