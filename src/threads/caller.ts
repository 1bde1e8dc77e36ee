// Who asks, and what that lets them see and change. Another tenant's thread, and one that the caller may not see, are the same to
// them as none: nothing tells them apart. Only the owner changes a thread; what is shown to others is theirs to read.

import type { Thread, Viewer } from "../ports/index.ts";

/** Sees and changes all threads of its tenant. */
export const ADMIN_SCOPE = "threads:admin";

export interface Caller {
  readonly tenant: string;
  readonly team: string;
  readonly user: string;
  readonly scopes: readonly string[];
}

const isAdmin = ({ scopes }: Caller): boolean => scopes.includes(ADMIN_SCOPE);

/** For queries: undefined sees all of the tenant. */
export const viewerOf = (caller: Caller): Viewer | undefined =>
  isAdmin(caller) ? undefined : { user: caller.user, team: caller.team };

export function mayRead(caller: Caller, { tenant, user, team, visibility }: Thread): boolean {
  if (tenant !== caller.tenant) return false;
  if (user === caller.user || visibility === "organisation" || isAdmin(caller)) return true;
  return visibility === "team" && team === caller.team;
}

export const mayChange = (caller: Caller, { tenant, user }: Thread): boolean =>
  tenant === caller.tenant && (user === caller.user || isAdmin(caller));
