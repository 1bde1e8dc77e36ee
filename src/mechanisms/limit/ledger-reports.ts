// Tells the ledger, about once a second and many accounts at a time, what is given back, owed and still in use. Debt goes at
// once. What a lost report would have given back is not said again; debt and calls are.

import type { Cancel } from "../../base/index.ts";
import { BUDGET_ENTRIES_MAX, type BudgetReport } from "../../ports/index.ts";
import type { LeasedAccount } from "./leased-account.ts";
import type { LedgerLink } from "./ledger-link.ts";
import type { CheckedSharedOptions } from "./shared-options.ts";

const TELL_MS = 1000;

export class LedgerReports {
  readonly #options: CheckedSharedOptions;
  readonly #link: LedgerLink;
  /** Accounts of which there is, or will be, something to tell. */
  readonly #dirty = new Map<string, LeasedAccount>();
  #cancel: Cancel | undefined;
  #isSoon = false;
  #isClosed = false;

  constructor(options: CheckedSharedOptions, link: LedgerLink) {
    this.#options = options;
    this.#link = link;
  }

  /** Something of the account may have changed. */
  note(account: LeasedAccount): void {
    if (this.#isClosed || !account.isDirty) return;
    this.#dirty.set(account.key, account);
    if (account.owes && !this.#isSoon && !this.#link.isAway) this.#arm(0);
    else if (!this.#cancel) this.#arm(TELL_MS);
  }

  /** What is to be told of these. Whoever takes it sends it, or says that it `failed`. */
  of(accounts: readonly LeasedAccount[], ending: "all" | "block" | "what is over"): BudgetReport[] {
    const nowMs = this.#options.clock.monotonic();
    return accounts.flatMap((account) => account.report(nowMs, ending) ?? []);
  }

  failed(reports: readonly BudgetReport[]): void {
    for (const report of reports) this.#dirty.get(report.key)?.untold(report);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancel?.();
    await this.#tell("all");
  }

  #arm(ms: number): void {
    this.#cancel?.();
    this.#isSoon = ms === 0;
    this.#cancel = this.#options.clock.schedule(ms, () => {
      this.#cancel = undefined;
      this.#isSoon = false;
      void this.#tell("what is over");
    });
  }

  async #tell(ending: "all" | "what is over"): Promise<void> {
    const sent: Promise<void>[] = [];
    // While it is away all stays here, but for what ends by itself.
    if (!this.#link.isAway) {
      const reports = this.of([...this.#dirty.values()], ending);
      for (let at = 0; at < reports.length; at += BUDGET_ENTRIES_MAX) {
        sent.push(this.#send(reports.slice(at, at + BUDGET_ENTRIES_MAX)));
      }
      await Promise.all(sent);
    }
    for (const [key, account] of this.#dirty) if (!account.isDirty) this.#dirty.delete(key);
    if (this.#dirty.size > 0 && !this.#cancel && !this.#isClosed) this.#arm(TELL_MS);
  }

  async #send(reports: readonly BudgetReport[]): Promise<void> {
    const { clock, ledger, nodeId } = this.#options;
    const sentMs = clock.monotonic();
    const answer = await this.#link.run(() => ledger.report(nodeId, reports));
    if (!answer) return this.failed(reports);
    for (const report of reports) this.#dirty.get(report.key)?.told(report, sentMs);
  }
}
