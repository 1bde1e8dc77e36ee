// Compares the backends with each other once a window, when the first request after its end comes: one that fails clearly
// more often than its peers, or takes clearly longer to its first token for the same work, is ejected. What all suffer is not theirs.

import type { Member } from "./member.ts";

const REQUESTS_MIN = 20;
const PEERS_MIN = 2;
const FAILURES_ABOVE_PEERS = 0.25;
const TIMES_SLOWER = 3;

export class Outliers {
  readonly #windowMs: number;
  #endMs = Number.NEGATIVE_INFINITY;

  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  look(members: readonly Member[], nowMs: number): void {
    if (nowMs < this.#endMs) return;
    this.#endMs = nowMs + this.#windowMs;
    const failures = members.map(({ answers }) => answers.failureShare(REQUESTS_MIN));
    const slowness = members.map(({ answers }) => answers.slowness(REQUESTS_MIN));
    members.forEach((member, at) => {
      const [failed, peersFailed] = [failures[at], medianOfPeers(failures, at)];
      const [slow, peersSlow] = [slowness[at], medianOfPeers(slowness, at)];
      const isFailing = failed !== undefined && peersFailed !== undefined && failed > peersFailed + FAILURES_ABOVE_PEERS;
      const isSlow = slow !== undefined && peersSlow !== undefined && slow > TIMES_SLOWER * peersSlow;
      if (isFailing || isSlow) member.health.eject(nowMs);
      member.answers.clear();
    });
  }
}

function medianOfPeers(values: readonly (number | undefined)[], own: number): number | undefined {
  const peers = values.filter((value, at): value is number => value !== undefined && at !== own).sort((a, b) => a - b);
  if (peers.length < PEERS_MIN) return undefined;
  const middle = peers.length >> 1;
  const upper = peers[middle] as number;
  return peers.length % 2 === 1 ? upper : (upper + (peers[middle - 1] as number)) / 2;
}
