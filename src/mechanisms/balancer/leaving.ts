// Whether a live session had better leave the backend where it is warm. Where callers say how long they would wait, or the
// backend when to come back, it leaves when that saves more time than it takes to read its prompt again. Else load decides: the
// backend must have had more than its share of late, and be relieved, by this session going, of more tokens than must then be
// read again.

import type { Member } from "./member.ts";
import type { Room } from "./room.ts";
import type { Session } from "./session-table.ts";

export interface Stay {
  readonly session: Session;
  /** Those that it may go to. */
  readonly fit: readonly Member[];
  readonly room: Room;
  readonly nowMs: number;
  readonly prefillTokensPerMs: number;
  readonly waitMs: ((name: string) => number) | undefined;
}

export function betterPlace(stay: Stay): Member | undefined {
  const { session, room, nowMs, waitMs } = stay;
  if (room.fullness(session.member) === 3) {
    const other = cheapest(stay, (member) => room.fullness(member) * 1e12 + room.outstandingTokens(member));
    if (other && room.fullness(other) < 3) return other;
  }
  // A backend that said when to come back makes everyone wait until then, whatever stands in line before it.
  const waits = (member: Member) => Math.max(waitMs?.(member.name) ?? 0, member.fullUntilMs - nowMs);
  return waitMs || waits(session.member) > 0 ? byWait(stay, waits) : byLoad(stay);
}

function byWait(stay: Stay, waitMs: (member: Member) => number): Member | undefined {
  const { session, prefillTokensPerMs } = stay;
  const ownMs = waitMs(session.member);
  const other = ownMs > 0 ? cheapest(stay, waitMs) : undefined;
  if (!other) return undefined;
  return ownMs - waitMs(other) > session.warmTokens / prefillTokensPerMs ? other : undefined;
}

function byLoad(stay: Stay): Member | undefined {
  const { session, room, nowMs } = stay;
  if (!room.isBusy(session.member)) return undefined;
  const moving = session.recent.at(nowMs);
  if (moving < session.warmTokens) return undefined;
  const other = cheapest(stay, (member) => room.recentTokens(member));
  if (!other) return undefined;
  // The other gets the load that this one loses: what is gained is the difference that then remains.
  const relief = room.recentTokens(session.member) - room.recentTokens(other) - moving / room.relativeShare(other);
  return relief > session.warmTokens ? other : undefined;
}

/** One whose failures are not long past is no goal: what is live stays away from it. */
function cheapest({ session, fit, nowMs }: Stay, costOf: (member: Member) => number): Member | undefined {
  let best: Member | undefined;
  let bestCost = Number.POSITIVE_INFINITY;
  for (const member of fit) {
    if (member === session.member || !member.health.isTrusted(nowMs)) continue;
    const cost = costOf(member);
    if (cost < bestCost) [best, bestCost] = [member, cost];
  }
  return best;
}
