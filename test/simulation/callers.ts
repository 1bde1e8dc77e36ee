// Who calls, drawn from the seed: tenants with users and conversations, bursts, a tenant that floods, callers that leave, send
// again before they are answered, or come back in herds after a refusal. Every call must have one fate, by its deadline.

import { type Cancel, Cancellation, type Random, type VirtualClock } from "../../src/base/index.ts";
import type { Priority } from "../../src/mechanisms/queue/index.ts";
import { between, happens, oneOf, wholeBetween } from "./chance.ts";
import { type Call, type Fate, type GatewayNode, TOKENS_MAX } from "./gateway-node.ts";
import { type Journal, ROUNDING_MS } from "./journal.ts";

export interface CallersOptions {
  readonly gateways: readonly GatewayNode[];
  readonly clock: VirtualClock;
  readonly random: Random;
  readonly journal: Journal;
  /** Calls a millisecond that the servers can answer. */
  readonly capacity: number;
  readonly wildUntilMs: number;
  /** From then on every call is answered, if need be when it comes back once: limits are learned from servers that push back. */
  readonly calmFromMs: number;
  readonly untilMs: number;
}

interface Session {
  readonly key: string;
  readonly tenant: string;
  readonly user: string;
  readonly parent: string | undefined;
  readonly gateway: GatewayNode;
  /** What only its maker can continue, once someone made it. */
  readonly isSealed: boolean;
  maker: string | undefined;
}

export const PATIENCE_MS_MAX = 12_000;
const CALM_LOAD = 0.25;
const RETRIES_MAX = 2;
const TENANTS = ["acme", "bolt", "core", "dune"];
const PRIORITIES: readonly Priority[] = ["critical", "high", "high", "normal", "normal", "low"];

export class Callers {
  readonly #options: CallersOptions;
  readonly #sessions: Session[] = [];
  readonly #open = new Map<number, Call>();
  readonly #failures: unknown[] = [];
  readonly #leaveShare: number;
  readonly #herdShare: number;
  #count = 0;

  constructor(options: CallersOptions) {
    this.#options = options;
    this.#leaveShare = between(options.random, 0, 0.3);
    this.#herdShare = between(options.random, 0.2, 0.9);
    for (let each = 0; each < 30; each++) this.#newSession();
  }

  begin(): void {
    const { random, capacity, wildUntilMs, untilMs } = this.#options;
    const load = between(random, 0.3, 1.2);
    void this.#arrive(wildUntilMs, capacity * load, () => this.#anyCall());
    void this.#arrive(untilMs, capacity * CALM_LOAD, () => this.#anyCall());
    const flood: Partial<Call> = { tenant: oneOf(random, TENANTS), priority: oneOf(random, PRIORITIES), session: undefined };
    const floodFromMs = between(random, 0, wildUntilMs / 2);
    const floodToMs = between(random, floodFromMs + 3000, wildUntilMs);
    const floodLoad = between(random, 1, 3);
    this.#later(floodFromMs, () => {
      void this.#arrive(floodToMs, capacity * floodLoad, () => ({ ...flood, user: `key ${random.below(50)}`, patienceMs: 3000 }));
    });
    for (let bursts = wholeBetween(random, 0, 4); bursts > 0; bursts--) {
      this.#later(between(random, 0, wildUntilMs), () => {
        for (let calls = wholeBetween(random, 10, 60); calls > 0; calls--) this.#start(this.#anyCall());
      });
    }
  }

  checkAtRest(): void {
    const [failure] = this.#failures;
    if (failure !== undefined) throw failure;
    const nowMs = this.#options.clock.monotonic();
    for (const [index, { deadlineMs }] of this.#open) {
      this.#options.journal.must(
        nowMs <= deadlineMs + ROUNDING_MS,
        () => `call ${index} has no fate, though its deadline was ${deadlineMs}`,
      );
    }
  }

  checkAtEnd(): void {
    this.checkAtRest();
    this.#options.journal.must(this.#open.size === 0, () => `${this.#open.size} calls have no fate`);
  }

  async #arrive(untilMs: number, rate: number, draw: () => Draft): Promise<void> {
    const { clock, random } = this.#options;
    for (;;) {
      await clock.sleep(-Math.log(1 - random.next()) / rate);
      if (clock.monotonic() >= untilMs) return;
      this.#start(draw());
    }
  }

  #later(atMs: number, run: () => void): void {
    const { clock } = this.#options;
    clock.schedule(atMs - clock.monotonic(), run);
  }

  #newSession(): Session {
    const { random, gateways } = this.#options;
    const [tenant, user] = [oneOf(random, TENANTS), `user ${random.below(3)}`];
    const session: Session = {
      key: `${tenant}/${user}/${this.#sessions.length}`,
      tenant,
      user,
      parent: happens(random, 0.2) && this.#sessions.length > 0 ? oneOf(random, this.#sessions).key : undefined,
      gateway: oneOf(random, gateways),
      isSealed: happens(random, 0.2),
      maker: undefined,
    };
    this.#sessions.push(session);
    return session;
  }

  #anyCall(): Draft {
    const { random } = this.#options;
    if (happens(random, 0.2)) return { tenant: oneOf(random, TENANTS), user: `user ${random.below(3)}` };
    const of = happens(random, 0.05) ? this.#newSession() : oneOf(random, this.#sessions);
    return { of };
  }

  #start(draft: Draft): void {
    void this.#play(draft).catch((error: unknown) => this.#failures.push(error));
  }

  /** One piece of work of a client, with what it does when it is refused. */
  async #play({ of, patienceMs, ...draft }: Draft): Promise<void> {
    const { clock, random, gateways, journal, calmFromMs, wildUntilMs } = this.#options;
    const isCalm = clock.monotonic() >= calmFromMs;
    const isWild = clock.monotonic() < wildUntilMs;
    const gateway = of?.gateway ?? oneOf(random, gateways);
    const tokens = isWild && happens(random, 0.01) ? 20 * TOKENS_MAX : wholeBetween(random, 20, TOKENS_MAX);
    const work = { id: `${this.#count}`, tokens, priority: oneOf(random, PRIORITIES), parent: of?.parent, session: of?.key };
    for (let retries = 0; ; retries++) {
      const patience = isCalm ? PATIENCE_MS_MAX : (patienceMs ?? between(random, 300, PATIENCE_MS_MAX));
      const call: Call = {
        tenant: of?.tenant ?? "",
        user: of?.user ?? "",
        ...work,
        pinned: of?.maker,
        deadlineMs: clock.monotonic() + patience,
        ...draft,
      };
      const fate = await this.#ask(gateway, call, isWild);
      if (fate.kind === "answered" && of?.isSealed) of.maker ??= fate.by;
      const isAnswered = fate.kind === "answered" || (fate.kind === "refused" && retries === 0);
      journal.must(!isCalm || isAnswered, () => `all is well again, and call ${call.id} was ${fate.kind}`);
      const isRefused = (fate.kind === "refused" || fate.kind === "failed") && retries < RETRIES_MAX;
      if (!isRefused || !(isCalm || (isWild && happens(random, this.#herdShare)))) return;
      journal.count("came back");
      // Herds: all that were refused in one second come back in the same moment.
      const waitMs = fate.kind === "refused" ? Math.min(3000, fate.retryAfterMs) : 1000;
      await clock.sleep(1000 * Math.ceil((clock.monotonic() + waitMs) / 1000) - clock.monotonic());
    }
  }

  /** Sends it, perhaps leaves, perhaps sends the same again and then leaves the first. */
  async #ask(gateway: GatewayNode, call: Call, isWild: boolean): Promise<Fate> {
    const { clock, random } = this.#options;
    const caller = new Cancellation();
    let cancel: Cancel = () => {};
    if (isWild && happens(random, this.#leaveShare)) {
      cancel = clock.schedule(between(random, 0, 1500), () => caller.abort("left"));
    } else if (isWild && call.session !== undefined && happens(random, 0.2)) {
      cancel = clock.schedule(between(random, 50, 800), () => {
        void this.#send(gateway, call, new Cancellation()).catch((error: unknown) => this.#failures.push(error));
        cancel = clock.schedule(50, () => caller.abort("left"));
      });
    }
    try {
      return await this.#send(gateway, call, caller);
    } finally {
      cancel();
    }
  }

  async #send(gateway: GatewayNode, call: Call, caller: Cancellation): Promise<Fate> {
    const { clock, journal } = this.#options;
    const index = this.#count++;
    this.#open.set(index, call);
    const fate = await gateway.send(call, caller);
    journal.note(fate.kind, `${index} ${call.tenant} ${call.priority} ${call.tokens}${"by" in fate ? ` by ${fate.by}` : ""}`);
    journal.must(this.#open.delete(index), () => `call ${index} has a second fate`);
    const lateMs = clock.monotonic() - call.deadlineMs;
    journal.must(lateMs <= ROUNDING_MS, () => `call ${index} was ${fate.kind} ${lateMs} ms after its deadline`);
    return fate;
  }
}

/** What is known of a call before it is drawn. */
type Draft = Partial<Call> & { readonly of?: Session; readonly patienceMs?: number };
