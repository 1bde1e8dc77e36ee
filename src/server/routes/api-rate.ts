// How much a user may ask of /api: requests a minute, and event streams at once. Those who come by a link, without a name, share one account.

import type { Clock } from "../../base/index.ts";
import type { Identity } from "../../gateway/index.ts";
import { type Account, Budgets } from "../../mechanisms/limit/index.ts";
import type { ApiRefusal } from "./api-refusal.ts";

export interface ApiRateOptions {
  readonly clock: Clock;
  /** Of one user in any 60 seconds. */
  readonly requestsPerMinute: number;
  /** Of one user at once. */
  readonly streamsMax: number;
}

export class ApiRate {
  readonly #budgets: Budgets;
  readonly #requests: Account["limits"];
  readonly #streams: Account["limits"];

  constructor({ clock, requestsPerMinute, streamsMax }: ApiRateOptions) {
    this.#budgets = new Budgets({ clock });
    this.#requests = { tokensPerMinute: requestsPerMinute };
    this.#streams = { concurrent: streamsMax };
  }

  /** Counts a request. @returns why it is refused */
  request(identity: Identity): ApiRefusal | undefined {
    const outcome = this.#budgets.reserve([{ key: `requests ${nameOf(identity)}`, limits: this.#requests }], 1);
    if (outcome.kind === "reserved") {
      outcome.settle(1);
      return undefined;
    }
    const message = `That was the last of the ${this.#requests.tokensPerMinute} requests a minute that you have here. Wait, then go on.`;
    return refusal(message, outcome.retryAfterMs);
  }

  /** @returns how the stream is given back, or why there is none. */
  stream(identity: Identity): { readonly end: () => void } | ApiRefusal {
    const outcome = this.#budgets.reserve([{ key: `streams ${nameOf(identity)}`, limits: this.#streams }], 0);
    if (outcome.kind === "reserved") return { end: () => outcome.release() };
    return refusal(`You follow ${this.#streams.concurrent} threads already. Leave one of them first.`, outcome.retryAfterMs);
  }
}

const nameOf = ({ tenant, user }: Identity): string => `${tenant.length}:${tenant}${user}`;

const refusal = (message: string, retryAfterMs: number): ApiRefusal => ({
  refused: "rate_limited",
  message,
  retryAfterSeconds: Math.max(1, retryAfterMs / 1000),
});
