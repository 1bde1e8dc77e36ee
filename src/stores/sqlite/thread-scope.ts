// Rights as marks beside the words of a message: tenant, owner, and whom it is shown to. A search asks for words and marks in
// one, so it walks no message that the viewer may not see. The sign before a mark is no letter: no text holds a mark.

import type { ThreadFilter } from "../../ports/index.ts";
import type { ThreadNames } from "./thread-names.ts";
import type { ThreadRow } from "./thread-row.ts";

const mark = (kind: "thread" | "any" | "user" | "team" | "organisation", number: number) => `§${kind}${number}`;

/** By which the messages of a thread are found when they have to go. */
export const threadMark = (thread: number) => mark("thread", thread);

/** Of every message of a thread: who finds it. */
export function marksOf({ tenant, user, team, visibility }: Pick<ThreadRow, "tenant" | "user" | "team" | "visibility">): string {
  const shown = visibility === 1 ? [mark("team", team)] : visibility === 2 ? [mark("organisation", tenant)] : [];
  return [mark("any", tenant), mark("user", user), ...shown].join(" ");
}

/** What a message has to have, in the language of FTS5. Undefined: nobody has anything there. */
export function scopeOf({ tenant, viewer, user }: ThreadFilter, names: ThreadNames): string | undefined {
  const number = names.find("tenant", tenant, "");
  if (number === undefined) return undefined;
  const userMark = (name: string) => mark("user", names.find("user", tenant, name) ?? 0);
  if (viewer === undefined || viewer.user === user) return quoted(user === undefined ? mark("any", number) : userMark(user));
  const shown = [mark("team", names.find("team", tenant, viewer.team) ?? 0), mark("organisation", number)];
  const anyOf = (marks: readonly string[]) => `(${marks.map(quoted).join(" OR ")})`;
  return user === undefined ? anyOf([userMark(viewer.user), ...shown]) : `${quoted(userMark(user))} AND ${anyOf(shown)}`;
}

/** FTS5 takes what is between quotes as it is. */
export const quoted = (word: string): string => `"${word.replaceAll('"', '""')}"`;
