// A filter as SQL. Rights are conditions like any other: what a viewer may not see is not read. A tenant, user or team that
// nothing was ever kept under has no number, and passes nothing.

import type { ThreadFilter } from "../../ports/index.ts";
import type { ThreadNames } from "./thread-names.ts";

type Value = string | number;

export interface Condition {
  readonly sql: string;
  readonly values: readonly Value[];
}

/** A part of one index of threads, newest at its end: `condition` holds for all of it. */
export interface Range {
  readonly index: "thread_own" | "thread_team" | "thread_organisation" | "thread_all";
  readonly condition: Condition;
}

const NOBODY = -1;
const TEAM = "team = ? AND visibility = 1";
const ORGANISATION = "tenant = ? AND visibility = 2";

/** Together they hold all that the filter's rights let pass, some of it twice. */
export function rangesOf(filter: ThreadFilter, names: ThreadNames): readonly Range[] {
  const { viewer } = filter;
  const numberOf = (kind: "user" | "team", name: string) => names.find(kind, filter.tenant, name) ?? NOBODY;
  const tenant = names.find("tenant", filter.tenant, "") ?? NOBODY;
  if (filter.user !== undefined) {
    const own: Condition = { sql: "user = ?", values: [numberOf("user", filter.user)] };
    if (viewer === undefined || viewer.user === filter.user) return [{ index: "thread_own", condition: own }];
    const shown: Condition = { sql: `((${TEAM}) OR visibility = 2)`, values: [numberOf("team", viewer.team)] };
    return [{ index: "thread_own", condition: allOf([own, shown]) }];
  }
  if (viewer === undefined) return [{ index: "thread_all", condition: { sql: "tenant = ?", values: [tenant] } }];
  return [
    { index: "thread_own", condition: { sql: "user = ?", values: [numberOf("user", viewer.user)] } },
    { index: "thread_team", condition: { sql: TEAM, values: [numberOf("team", viewer.team)] } },
    { index: "thread_organisation", condition: { sql: ORGANISATION, values: [tenant] } },
  ];
}

/** What a thread has to be besides. */
export function restOf(filter: ThreadFilter, names: ThreadNames): Condition {
  const { tenant, team, client, model, repository, archived, sinceMs, untilMs, stalledMs } = filter;
  const conditions: Condition[] = [{ sql: "deleted_ms IS NULL", values: [] }];
  const hold = (sql: string, value: Value | undefined) => {
    if (value !== undefined) conditions.push({ sql, values: [value] });
  };
  hold("team = ?", team === undefined ? undefined : (names.find("team", tenant, team) ?? NOBODY));
  hold("client = ?", client);
  hold("model = ?", model);
  hold("repository = ?", repository);
  hold("archived = ?", archived === undefined ? undefined : Number(archived));
  hold("active_ms >= ?", sinceMs);
  hold("active_ms < ?", untilMs);
  hold("number IN (SELECT thread FROM draft WHERE at_ms < ?)", stalledMs);
  return allOf(conditions);
}

export function allOf(conditions: readonly Condition[]): Condition {
  return { sql: conditions.map(({ sql }) => sql).join(" AND "), values: conditions.flatMap(({ values }) => values) };
}

export function anyOf(conditions: readonly Condition[]): Condition {
  const sql = conditions.map((condition) => `(${condition.sql})`).join(" OR ");
  return { sql: `(${sql})`, values: conditions.flatMap(({ values }) => values) };
}
