// Medians of rounds and percentiles of samples, and how figures are printed.

/** By the nearest rank. @param share 0 to 1 */
export function percentile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))] ?? Number.NaN;
}

export const median = (samples: readonly number[]): number => percentile(samples, 0.5);

export const whole = (value: number): string => Math.round(value).toLocaleString("en-US");
export const fixed = (value: number, digits = 2): string => value.toFixed(digits);
export const percent = (share: number): string => `${Math.round(share * 100)} %`;
export const times = (ratio: number): string => `${ratio < 10 ? ratio.toFixed(2) : ratio.toFixed(1)}x`;
export const microseconds = (value: number): string => `${whole(value)} us`;
export const milliseconds = (value: number): string => `${fixed(value)} ms`;
