// Names that PostgreSQL cannot hold are in vain, not wrong: nothing was ever kept under them (write-check.ts), so a question
// that has one is answered without asking. NUL would be refused, and half of a character taken for another one.

import type { ThreadFilter } from "../../ports/index.ts";

export const canBeKept = (name: string): boolean => !name.includes("\0") && name.isWellFormed();

/** Whether any thread can pass. */
export function isPassable({ tenant, viewer, user, team, client, model, repository }: ThreadFilter): boolean {
  const names = [tenant, viewer?.user, viewer?.team, user, team, client, model, repository];
  return names.every((name) => name === undefined || canBeKept(name));
}
