// The four priorities: strict, but each is owed a floor share of the tokens admitted while it waits. What is owed is
// saved up as credit; a priority that can pay for its next request goes before those above it.

import { type Priority, priorities } from "./admission.ts";
import { PriorityLine } from "./priority-line.ts";
import type { CheckedOptions } from "./queue-options.ts";
import type { Waiter } from "./waiter.ts";

/** Credit beyond so many of its next request is not saved. */
const CREDIT_REQUESTS_MAX = 4;

export class PriorityLines {
  readonly #floors: CheckedOptions["floors"];
  readonly #lines: Readonly<Record<Priority, PriorityLine>>;

  constructor(options: CheckedOptions) {
    this.#floors = options.floors;
    this.#lines = {
      critical: new PriorityLine(options),
      high: new PriorityLine(options),
      normal: new PriorityLine(options),
      low: new PriorityLine(options),
    };
  }

  of({ priority }: { readonly priority: Priority }): PriorityLine {
    return this.#lines[priority];
  }

  next(nowMs: number): Waiter | undefined {
    let first: Waiter | undefined;
    let owed: Waiter | undefined;
    let most = 1;
    for (const priority of priorities) {
      const line = this.#lines[priority];
      if (line.count === 0) continue;
      const waiter = line.next(nowMs);
      if (!waiter) continue;
      first ??= waiter;
      const ratio = line.credit / waiter.tokens;
      if (ratio >= most) {
        owed = waiter;
        most = ratio;
      }
    }
    return owed ?? first;
  }

  /** Everyone else who waits is owed a share of what this one got. To be called once it has left the line. */
  served(served: Waiter, nowMs: number): void {
    const own = this.of(served.request);
    own.credit = Math.max(0, own.credit - served.tokens);
    for (const priority of priorities) {
      const line = this.#lines[priority];
      if (line.count === 0) continue;
      const mostCredit = CREDIT_REQUESTS_MAX * (line.next(nowMs)?.tokens ?? 0);
      line.credit = Math.min(mostCredit, line.credit + this.#floors[priority] * served.tokens);
    }
  }

  /** Of the lowest priority that waits. */
  get victim(): Waiter | undefined {
    for (const priority of priorities.toReversed()) if (this.#lines[priority].count > 0) return this.#lines[priority].victim;
    return undefined;
  }

  /** Tokens that go before a new request: all of higher priorities, and its own priority's by fair shares. */
  tokensAhead(priority: Priority, tenant?: string, user?: string): number {
    let tokens = this.#lines[priority].tokensAhead(tenant, user);
    for (const higher of priorities) {
      if (higher === priority) break;
      tokens += this.#lines[higher].tokens;
    }
    return tokens;
  }

  get waiting(): Readonly<Record<Priority, { count: number; tokens: number }>> {
    const of = (priority: Priority) => ({ count: this.#lines[priority].count, tokens: this.#lines[priority].tokens });
    return { critical: of("critical"), high: of("high"), normal: of("normal"), low: of("low") };
  }
}
