// Quotas: the estimate is reserved in every account that the caller belongs to before anything is spent, and settled on
// what was really used. A call that never reached a model, or failed there, costs nothing.

import type { Random } from "../../base/index.ts";
import type {
  Account,
  Away,
  BudgetLimits,
  Refused,
  Reserved,
  SharedBudgets,
  SharedOutcome,
} from "../../mechanisms/limit/index.ts";
import { atEnd } from "../ending.ts";
import type { Answer, Exchange, Handle, Step } from "../exchange.ts";
import type { Identity } from "../identity/identity.ts";
import { refuse } from "../refuse.ts";
import { usedTokens } from "../used-tokens.ts";

/** An account with the words for it: "the team `core`". */
export interface NamedAccount extends Account {
  readonly name: string;
}

export interface BudgetOptions {
  /** Of this process alone, or shared with other nodes. */
  readonly budgets: Pick<SharedBudgets, "reserve">;
  readonly random: Random;
  /** The accounts with limits that a caller belongs to; none for most. */
  readonly accountsOf: (identity: Identity) => readonly NamedAccount[];
}

const RETRY_AFTER_SECONDS_MAX = 60;
const JITTER = 0.25;

export function budget({ budgets, random, accountsOf }: BudgetOptions): Step {
  return (next) => {
    const decided = (exchange: Exchange, outcome: SharedOutcome, accounts: readonly NamedAccount[]): Promise<Answer> => {
      if (outcome.kind === "reserved") return spend(exchange, outcome, next);
      const refusal = outcome.kind === "away" ? unknowable(exchange, outcome) : overBudget(exchange, outcome, accounts, random);
      return Promise.resolve(refusal);
    };
    return (exchange) => {
      const { demand, identity, call } = exchange;
      const accounts = demand ? accountsOf(identity) : [];
      if (!demand || accounts.length === 0) return next(exchange);
      const outcome = budgets.reserve(accounts, demand.input + demand.output, call.signal);
      if (!(outcome instanceof Promise)) return decided(exchange, outcome, accounts);
      return outcome.then((later) => decided(exchange, later, accounts));
    };
  };
}

async function spend(exchange: Exchange, reserved: Reserved, next: Handle): Promise<Answer> {
  const finish = () => {
    const used = usedTokens(exchange.report.usage);
    if (used === undefined) reserved.release();
    else reserved.settle(used);
  };
  try {
    return atEnd(await next(exchange), exchange.call.signal, finish);
  } catch (error) {
    reserved.release();
    throw error;
  }
}

const WINDOWS: Readonly<Record<Refused["limit"], (limits: BudgetLimits) => string>> = {
  tokensPerMinute: (limits) => `has used its ${limits.tokensPerMinute} tokens a minute`,
  tokensPerDay: (limits) => `has used its ${limits.tokensPerDay} tokens a day`,
  concurrent: (limits) => `has its ${limits.concurrent} calls open`,
  too_large: () => "may use fewer tokens in all than this one request needs",
};

function unknowable(exchange: Exchange, { retryAfterMs }: Away): Answer {
  const message = "What your account has used cannot be looked up at the moment, so nothing was spent. Try again.";
  return refuse(exchange, "overloaded", message, { retryAfterSeconds: Math.max(1, retryAfterMs / 1000) });
}

function overBudget(exchange: Exchange, refused: Refused, accounts: readonly NamedAccount[], random: Random): Answer {
  const account = accounts.find(({ key }) => key === refused.account);
  const seconds = Math.max(1, refused.retryAfterMs / 1000);
  const what = `${account?.name ?? "Your account"} ${account ? WINDOWS[refused.limit](account.limits) : "has no budget left"}.`;
  if (refused.limit === "too_large") {
    return refuse(exchange, "too_large", `${what} Shorten the conversation or ask your operator for more.`);
  }
  const when =
    seconds > 3600
      ? `${Math.ceil(seconds / 3600)} hours`
      : seconds > 120
        ? `${Math.ceil(seconds / 60)} minutes`
        : `${Math.ceil(seconds)} s`;
  // Later for some than for others: those refused together must not come back together.
  const retryAfterSeconds = Math.min(RETRY_AFTER_SECONDS_MAX / (1 + JITTER), seconds) * (1 + JITTER * random.next());
  return refuse(exchange, "rate_limited", `${what} There is room again in about ${when}.`, { retryAfterSeconds });
}
