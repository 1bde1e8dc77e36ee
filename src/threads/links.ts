// Links: whoever has one reads the thread, until it is over or revoked. A token is 128 random bits, shown once and kept as its SHA-256.
// A link that is wrong, over, revoked or forbidden by now opens nothing, and nobody is told which.

import type { IdSource, Random } from "../base/index.ts";
import type { Share, Thread, ThreadStore } from "../ports/index.ts";
import { sha256 } from "./digest.ts";
import { invalid, type Refused } from "./outcome.ts";
import type { PolicyOf, ThreadPolicy } from "./thread-policy.ts";

const TOKEN_BYTES = 16;
const TOKEN = /^[A-Za-z0-9_-]{22}$/;
const SHARES_MAX = 100;
const DAY_MS = 86_400_000;

export interface NewLink {
  readonly share: Share;
  /** Opens the thread. Known to nobody else, and never told again. */
  readonly token: string;
}

/** @param random must be fit for secrets. */
export function newLink(random: Random, ids: IdSource, by: string, nowMs: number, expiresMs: number | undefined): NewLink {
  const token = Buffer.from(random.bytes(TOKEN_BYTES)).toString("base64url");
  const expiry = expiresMs === undefined ? {} : { expiresMs };
  return { token, share: { id: ids(), tokenHash: sha256(token), by, createdMs: nowMs, ...expiry } };
}

export function linkProblem(
  { links, linkDaysMax }: ThreadPolicy,
  { shares }: Thread,
  nowMs: number,
  expiresMs: number | undefined,
): Refused | undefined {
  if (!links)
    return { kind: "forbidden", why: "Your organisation allows no links: show the thread to the team or the organisation." };
  if (shares.length >= SHARES_MAX) return invalid(`A thread has at most ${SHARES_MAX} links, revoked ones among them.`);
  if (expiresMs !== undefined && !(expiresMs > nowMs)) return invalid("A link ends in the future.");
  if (linkDaysMax === undefined || (expiresMs ?? Number.POSITIVE_INFINITY) <= nowMs + linkDaysMax * DAY_MS) return undefined;
  return invalid(`Links of your organisation end after at most ${linkDaysMax} days: give an expiry.`);
}

const isOpen = (share: Share, nowMs: number): boolean =>
  share.revokedMs === undefined && (share.expiresMs === undefined || nowMs < share.expiresMs);

/** Whether this token still opens the thread. */
export const opens = (token: string, { shares }: Thread, policy: ThreadPolicy, nowMs: number): boolean =>
  policy.links && shares.some((share) => share.tokenHash === sha256(token) && isOpen(share, nowMs));

/** The thread that a token opens. */
export async function openLink(
  store: ThreadStore,
  policyOf: PolicyOf,
  token: string,
  nowMs: number,
): Promise<Thread | undefined> {
  if (!TOKEN.test(token)) return undefined;
  const found = await store.find({ tokenHash: sha256(token) });
  return found && opens(token, found.thread, policyOf(found.thread.tenant), nowMs) ? found.thread : undefined;
}
