// Where each session is warm, as far as this process knows. Bounded: the session unused longest is forgotten first.

import { DecayingSum } from "./decaying-sum.ts";
import { type Member, RECENT_MS } from "./member.ts";

export interface Session {
  readonly key: string;
  member: Member;
  /** What the prompt cache there holds for it. Follows the largest prompt, and smaller ones slowly: a title is no new session. */
  warmTokens: number;
  /** Whether an answer ever came from there. */
  isProven: boolean;
  inFlight: number;
  /** Tokens it sent of late: what its backend would be rid of. */
  readonly recent: DecayingSum;
  usedAtMs: number;
  /** Who served it as a guest since it was last sent to where it is: were that no more to be had, it would be warm there. */
  servedBy: Member | undefined;
  /** When other balancers were last told where it is. */
  toldAtMs: number;
  /** Whether what they were told last is not its home. */
  isToldAway: boolean;
  askedAtMs: number;
}

const SHRINK = 8;

export class SessionTable {
  readonly #sessions = new Map<string, Session>();
  readonly #sessionsMax: number;

  constructor(sessionsMax: number) {
    this.#sessionsMax = sessionsMax;
  }

  get size(): number {
    return this.#sessions.size;
  }

  get(key: string): Session | undefined {
    return this.#sessions.get(key);
  }

  /** The session there from now on, as the one used last. */
  put(key: string, member: Member, nowMs: number): Session {
    let session = this.#sessions.get(key);
    if (session) {
      this.#sessions.delete(key);
      if (session.member !== member) move(session, member, nowMs);
      session.usedAtMs = nowMs;
      session.servedBy = undefined;
    } else {
      this.#makeRoom();
      session = {
        recent: new DecayingSum(RECENT_MS),
        key,
        member,
        warmTokens: 0,
        isProven: false,
        inFlight: 0,
        usedAtMs: nowMs,
        toldAtMs: Number.NEGATIVE_INFINITY,
        isToldAway: false,
        servedBy: undefined,
        askedAtMs: nowMs,
      };
      member.sessions++;
    }
    this.#sessions.set(key, session);
    return session;
  }

  #makeRoom(): void {
    if (this.#sessions.size < this.#sessionsMax) return;
    const [oldest] = this.#sessions.values();
    if (!oldest) return;
    this.#sessions.delete(oldest.key);
    oldest.member.sessions--;
  }
}

export function warmed(session: Session, tokens: number): void {
  session.warmTokens = Math.max(tokens, session.warmTokens - (session.warmTokens - tokens) / SHRINK);
}

/** What it sent of late goes along: it is the load that is to be expected, and one session leaving shall not drive out the next. */
function move(session: Session, member: Member, nowMs: number): void {
  const tokens = session.recent.at(nowMs);
  session.member.expect(-tokens, nowMs);
  member.expect(tokens, nowMs);
  session.member.sessions--;
  member.sessions++;
  session.member = member;
  session.warmTokens = 0;
  session.isProven = false;
  session.toldAtMs = Number.NEGATIVE_INFINITY;
}
