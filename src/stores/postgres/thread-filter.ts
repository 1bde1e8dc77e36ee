// What a filter says, in SQL about a thread `t`. Who may see what is a part of every question, never a look at its answer.

import type { ThreadFilter, ThreadPlace, Viewer } from "../../ports/index.ts";
import type { Parameter } from "./postgres-connection.ts";
import { slotOf } from "./thread-row.ts";

/** Collects parameters, and says how a statement names them. */
export class Parameters {
  readonly values: Parameter[] = [];

  add(value: Parameter, type: string): string {
    this.values.push(value);
    return `$${this.values.length}::${type}`;
  }
}

/** All conditions but the rights. */
export function conditionsOf(filter: ThreadFilter, parameters: Parameters): string[] {
  const tenant = parameters.add(filter.tenant, "text");
  const conditions = [`t.tenant = ${tenant}`, "t.deleted_ms IS NULL"];
  const text = (column: string, value: string | undefined) => {
    if (value !== undefined) conditions.push(`t.${column} = ${parameters.add(value, "text")}`);
  };
  text("user_id", filter.user);
  text("team", filter.team);
  text("client", filter.client);
  text("model", filter.model);
  text("repository", filter.repository);
  if (filter.archived !== undefined) conditions.push(`t.archived = ${parameters.add(filter.archived, "boolean")}`);
  if (filter.sinceMs !== undefined) conditions.push(`t.active_ms >= ${parameters.add(filter.sinceMs, "float8")}`);
  if (filter.untilMs !== undefined) conditions.push(`t.active_ms < ${parameters.add(filter.untilMs, "float8")}`);
  if (filter.stalledMs !== undefined) {
    const stalled = parameters.add(filter.stalledMs, "float8");
    conditions.push(`t.id IN (SELECT d.thread FROM draft d WHERE d.tenant = ${tenant}
      GROUP BY d.thread, d.id HAVING max(d.at_ms) < ${stalled})`);
  }
  return conditions;
}

/** What a viewer sees; nobody in particular sees all. */
export function sightOf(viewer: Viewer | undefined, parameters: Parameters): string {
  if (viewer === undefined) return "true";
  const user = parameters.add(viewer.user, "text");
  const team = parameters.add(viewer.team, "text");
  const shown = `t.visibility = 'team' AND t.team = ${team} OR t.visibility = 'organisation'`;
  return `(t.user_id = ${user} OR ${shown})`;
}

/** Part of what is listed: the threads of one index with that value of its column, or all of one index. */
interface Range {
  readonly column?: "user_id" | "team";
  readonly value?: string;
  readonly also: readonly string[];
}

/** They may overlap. */
function rangesOf({ viewer, user }: ThreadFilter, parameters: Parameters): Range[] {
  if (user !== undefined) return [{ column: "user_id", value: user, also: [sightOf(viewer, parameters)] }];
  if (viewer === undefined) return [{ also: [] }];
  return [
    { column: "user_id", value: viewer.user, also: [] },
    { column: "team", value: viewer.team, also: ["t.visibility = 'team'"] },
    { also: ["t.visibility = 'organisation'"] },
  ];
}

/**
 * The ranges as conditions and orders. The column of a range is asked for by its bounds and ordered by: one index alone has
 * that order down to slots of time, so that the planner takes it whatever it knows of the table, begins and ends in it, and
 * sorts only within a slot.
 */
export function orderedRangesOf(
  { user, ...filter }: ThreadFilter,
  after: ThreadPlace | undefined,
  parameters: Parameters,
): { where: string; order: string }[] {
  const conditions = conditionsOf(filter, parameters);
  const { sinceMs = Number.NEGATIVE_INFINITY, untilMs = Number.POSITIVE_INFINITY } = filter;
  const first = slotOf(parameters.add(sinceMs, "float8"));
  const last = slotOf(parameters.add(Math.min(untilMs, after?.activeMs ?? untilMs), "float8"));
  if (after) {
    const [activeMs, id] = [
      parameters.add(after.activeMs, "float8"),
      parameters.add(after.id.replaceAll("\0", "").toWellFormed(), "text"),
    ];
    conditions.push(`(t.active_ms, t.id) < (${activeMs}, ${id})`);
  }
  return rangesOf(user === undefined ? filter : { ...filter, user }, parameters).map(({ column, value, also }) => {
    const order = "active_slot DESC, active_ms DESC, id DESC";
    if (column === undefined || value === undefined) {
      const bounds = [`t.active_slot >= ${first}`, `t.active_slot <= ${last}`];
      return { where: [...conditions, ...bounds, ...also].join(" AND "), order };
    }
    const named = parameters.add(value, "text");
    const bounds = [
      `(t.${column}, t.active_slot) >= (${named}, ${first})`,
      `(t.${column}, t.active_slot) <= (${named}, ${last})`,
    ];
    return { where: [...conditions, ...bounds, ...also].join(" AND "), order: `${column} DESC, ${order}` };
  });
}
