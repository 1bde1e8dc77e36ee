// What is said between balancers of sessions that are away from home: asked once for a session that is new here and now and
// then for one that is not, told when a session moves and while it stays away.

import type { Session } from "./session-table.ts";
import type { Spills } from "./spills.ts";

const TTL_MS_MAX = 86_400_000;
const ASK_AGAIN_MS = 30_000;
const ASKED_MAX = 1000;

export class SpillBook {
  readonly #spills: Spills;
  readonly #ttlMs: number;
  readonly #learn: (key: string, backend: string) => void;
  /** Keys that were asked for, whose session has not begun here yet. */
  readonly #asked = new Set<string>();

  /** @param learn called with what others said of a session, at once or later. */
  constructor(spills: Spills, warmMs: number, learn: (key: string, backend: string) => void) {
    this.#spills = spills;
    this.#ttlMs = Math.min(warmMs, TTL_MS_MAX);
    this.#learn = learn;
  }

  ask(key: string): undefined | Promise<void> {
    if (this.#asked.size >= ASKED_MAX) this.#asked.clear();
    this.#asked.add(key);
    const answer = this.#spills.get(key);
    if (answer instanceof Promise) return answer.then((backend) => this.#heard(key, backend));
    return this.#heard(key, answer);
  }

  /** A session that is chosen for: asks behind its back, if nobody did lately. */
  refresh(key: string, session: Session | undefined, nowMs: number): void {
    if (session) {
      if (nowMs - session.askedAtMs < ASK_AGAIN_MS) return;
      session.askedAtMs = nowMs;
    } else if (this.#asked.delete(key)) {
      return;
    }
    void this.ask(key);
    this.#asked.delete(key);
  }

  tell(session: Session, isAway: boolean, nowMs: number): void {
    if (!isAway && !session.isToldAway) return;
    if (nowMs - session.toldAtMs < this.#ttlMs / 3) return;
    this.#spills.set(session.key, session.member.name, this.#ttlMs);
    session.toldAtMs = nowMs;
    session.isToldAway = isAway;
  }

  #heard(key: string, backend: string | undefined): undefined {
    if (backend !== undefined) this.#learn(key, backend);
  }
}
