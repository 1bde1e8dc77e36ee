// What a filter says, in SQL about a thread `t`. Who may see what is a part of every question, never a look at its answer.

import type { ThreadFilter, Viewer } from "../../ports/index.ts";
import type { Parameter } from "./postgres-connection.ts";

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

/** What a viewer sees, as sets that may overlap: each is the range of one index. Nobody in particular sees all. */
export function sightsOf(viewer: Viewer | undefined, parameters: Parameters): string[] {
  if (viewer === undefined) return ["true"];
  const user = parameters.add(viewer.user, "text");
  const team = parameters.add(viewer.team, "text");
  return [`t.user_id = ${user}`, `t.visibility = 'team' AND t.team = ${team}`, "t.visibility = 'organisation'"];
}

/** The same as one condition. */
export const sightOf = (viewer: Viewer | undefined, parameters: Parameters) =>
  `(${sightsOf(viewer, parameters)
    .map((sight) => `(${sight})`)
    .join(" OR ")})`;
