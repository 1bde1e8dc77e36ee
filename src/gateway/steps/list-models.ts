// The list of models: of all upstreams of the caller's dialect as one, with the aliases that clients may use. One
// upstream without aliases is passed through as it is.

import { text, utf8 } from "../../base/index.ts";
import type { Answer, Exchange, Handle, Step } from "../exchange.ts";
import { HeaderFields } from "../header-fields.ts";
import type { Upstream } from "../upstream.ts";

type Model = Readonly<Record<string, unknown>> & { readonly id: string };

export const listModels: Step = (next) => (exchange) => {
  const { endpoint, call, target } = exchange;
  const isList = endpoint === "models" && call.path === "/v1/models";
  const isPlain = target.upstreams.length === 1 && target.upstreams.every(({ aliases }) => Object.keys(aliases).length === 0);
  return isList && !isPlain ? merged(exchange, next) : next(exchange);
};

async function merged(exchange: Exchange, next: Handle): Promise<Answer> {
  const { target, dialect, report } = exchange;
  const listings = await Promise.all(
    target.upstreams.map(async (upstream) => {
      const asked = { ...exchange, target: { ...target, upstreams: [upstream] }, report: { ...report } };
      return { upstream, asked, answer: await next(asked) };
    }),
  );
  const heard = listings.filter(({ answer }) => answer.status === 200);
  const first = heard[0] ?? listings[0];
  if (!first) return next(exchange);
  Object.assign(report, first.asked.report);
  // When no upstream lists anything, the first one's refusal says why.
  if (heard.length === 0) return first.answer;
  const models = new Map<string, Model>();
  for (const { upstream, answer } of heard) {
    for (const model of [...modelsOf(answer), ...aliasesOf(upstream)]) if (!models.has(model.id)) models.set(model.id, model);
  }
  const data = [...models.values()];
  const list =
    dialect.name === "anthropic"
      ? { data, has_more: false, first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null }
      : { object: "list", data };
  return { status: 200, headers: new HeaderFields([["content-type", "application/json"]]), body: utf8(JSON.stringify(list)) };
}

/** What an upstream lists; nothing when its list is not one. */
function modelsOf({ body }: Answer): readonly Model[] {
  if (!(body instanceof Uint8Array)) return [];
  try {
    const { data } = JSON.parse(text(body)) as { data?: unknown };
    return Array.isArray(data) ? data.filter((model): model is Model => typeof model?.id === "string") : [];
  } catch {
    return [];
  }
}

function aliasesOf({ dialect, aliases, name }: Upstream): readonly Model[] {
  return Object.keys(aliases).map((id) =>
    dialect === "anthropic"
      ? { type: "model", id, display_name: id, created_at: "1970-01-01T00:00:00Z" }
      : { object: "model", id, created: 0, owned_by: name },
  );
}
