// What the front door counts. Plain numbers, since it counts at every request; the monitor reads them when it is asked.

import type { Refusal } from "./refusal.ts";

export class FrontCounts {
  requests = 0;
  retries = 0;
  /** Answers that broke off because their server did. */
  cut = 0;
  /** By class of status, `2xx`. */
  readonly answers = new Map<string, number>();
  /** By code. */
  readonly refusals = new Map<string, number>();

  /** @param status 0 when no answer came */
  answered(status: number): void {
    if (status === 0) return;
    const name = CLASSES[Math.floor(status / 100)] ?? "other";
    this.answers.set(name, (this.answers.get(name) ?? 0) + 1);
  }

  refused({ code }: Refusal): void {
    this.refusals.set(code, (this.refusals.get(code) ?? 0) + 1);
  }
}

const CLASSES = ["other", "1xx", "2xx", "3xx", "4xx", "5xx"];
