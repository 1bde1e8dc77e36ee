// The model servers behind the gateway, and which of them may serve a model name. Names that nobody declared still
// route by wildcard: assistants call small models that no operator has heard of.

import type { Secret } from "../base/index.ts";
import type { DialectName } from "./dialects/dialect.ts";
import type { Transport } from "./transport/transport.ts";

/** How a call is signed toward the upstream. */
export type UpstreamCredential =
  | { readonly kind: "env"; readonly secret: Secret }
  /** The caller's own credential goes through. */
  | { readonly kind: "passthrough" }
  | { readonly kind: "none" };

export interface Upstream {
  readonly name: string;
  readonly dialect: DialectName;
  /** As the SDK of that dialect takes it: Anthropic without `/v1`, OpenAI with it. No slash at the end. */
  readonly baseUrl: string;
  /** Exact names, or patterns with `*` for any run of characters. */
  readonly models: readonly string[];
  /** Name the client uses → name the upstream knows. */
  readonly aliases: Readonly<Record<string, string>>;
  readonly credential: UpstreamCredential;
  /** Added to every request, over what the client sent. */
  readonly headers: Readonly<Record<string, Secret>>;
  /** What keeps calls together here: the conversation, or the longest beginning of the prompt that the engine knows. */
  readonly affinity: "session" | "prefix";
  readonly transport: Transport;
}

export interface Target {
  readonly upstreamModel: string | undefined;
  /** All that are meant for the model, in the order of the configuration. */
  readonly upstreams: readonly Upstream[];
}

/** Finds who serves a model. Undefined: nobody does. `model` undefined asks for everyone of the dialect. */
export type ResolveTarget = (dialect: DialectName, model: string | undefined) => Target | undefined;

const RESOLVED_MAX = 1000;

/** Remembers up to 1,000 answers, since a client repeats one model name for days; beyond that it forgets them all. */
export function targetResolver(upstreams: readonly Upstream[]): ResolveTarget {
  const remembered = new Map<string, Target | undefined>();
  return (dialect, model) => {
    const key = `${dialect}:${model ?? ""}`;
    const known = remembered.get(key);
    if (known) return known;
    const found = resolve(upstreams, dialect, model);
    if (remembered.size >= RESOLVED_MAX) remembered.clear();
    if (found) remembered.set(key, found);
    return found;
  };
}

function resolve(upstreams: readonly Upstream[], dialect: DialectName, model: string | undefined): Target | undefined {
  const speaking = upstreams.filter((upstream) => upstream.dialect === dialect);
  if (model === undefined) return speaking.length > 0 ? { upstreamModel: undefined, upstreams: speaking } : undefined;
  const matches = speaking
    .map((upstream) => ({ upstream, ...matchOf(upstream, model) }))
    .filter(({ exactness }) => exactness >= 0)
    .sort((left, right) => right.exactness - left.exactness);
  const best = matches[0];
  if (!best) return undefined;
  // Upstreams are the same choice when they know the model by the same name, which is part of the cache key, and name it as
  // exactly: whoever serves `claude-haiku-*` is meant for it, whoever serves `*` takes what is left.
  const equals = matches.filter(
    ({ upstreamModel, exactness }) => upstreamModel === best.upstreamModel && exactness === best.exactness,
  );
  return { upstreamModel: best.upstreamModel, upstreams: equals.map(({ upstream }) => upstream) };
}

/** How well an upstream fits: an alias or an exact name first, then the pattern with the most literal characters; -1 not at all. */
function matchOf(upstream: Upstream, model: string): { exactness: number; upstreamModel: string } {
  const alias = Object.hasOwn(upstream.aliases, model) ? upstream.aliases[model] : undefined;
  if (alias !== undefined) return { exactness: Number.POSITIVE_INFINITY, upstreamModel: alias };
  let exactness = -1;
  for (const pattern of upstream.models) {
    if (pattern === model) exactness = Number.POSITIVE_INFINITY;
    else if (matchesWildcard(pattern, model)) exactness = Math.max(exactness, pattern.replaceAll("*", "").length);
  }
  return { exactness, upstreamModel: model };
}

/** `*` stands for any run of characters, also none. Linear in the length of both. */
export function matchesWildcard(pattern: string, name: string): boolean {
  const [first = "", ...rest] = pattern.split("*");
  if (rest.length === 0) return pattern === name;
  const last = rest.pop() ?? "";
  if (name.length < first.length + last.length || !name.startsWith(first) || !name.endsWith(last)) return false;
  let from = first.length;
  for (const piece of rest) {
    const at = name.indexOf(piece, from);
    if (at < 0 || at + piece.length > name.length - last.length) return false;
    from = at + piece.length;
  }
  return true;
}
