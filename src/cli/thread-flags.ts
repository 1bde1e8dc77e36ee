// The flags that say whose threads a command works on, the same for every command.

import type { Flag } from "./command.ts";

/** Names with a space before them are the server's own. */
export const ownerProblem = (text: string): string | undefined =>
  text.trim() === text && text.length <= 256 ? undefined : "is no name: write 1 to 256 characters without spaces around them";

export const tenantFlag = {
  tenant: { value: "TENANT", about: "the organisation (default: default)", check: ownerProblem },
} as const satisfies Record<string, Flag>;
