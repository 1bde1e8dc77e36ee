// What the instructions are filled in with: this server's address as the caller reached it, what goes where the key
// goes, and a model that is served. All of it ends up in text that people paste into a shell, so it is checked here.

import type { DialectName } from "../../../gateway/index.ts";
import type { Config } from "../../config.ts";
import type { Pointing } from "./assistants.ts";

/** URLs admit hosts that a shell would read as commands; whoever sends one is shown the configured address instead. */
const PLAIN_HOST = /^(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::\d+)?$/;
const PLAIN_MODEL = /^[A-Za-z0-9][\w.:/@-]*$/;
const MODELS: Readonly<Record<DialectName, string>> = { anthropic: "claude-sonnet-4-5", openai: "gpt-5.5" };

type Named = Pick<Config, "upstreams" | "scripted" | "auth" | "host" | "port">;

export function pointingAt(config: Named, request: Request): Pointing {
  const each = (of: (dialect: DialectName) => string) => ({ anthropic: of("anthropic"), openai: of("openai") });
  return {
    origin: originOf(request, config),
    key: each((dialect) => keyFor(config, dialect)),
    model: each((dialect) => modelFor(config, dialect)),
  };
}

export function dialectsServed({ upstreams, scripted }: Named): ReadonlySet<DialectName> {
  return new Set(scripted.enabled ? ["anthropic", "openai"] : upstreams.map(({ dialect }) => dialect));
}

/** As the caller named this server; https where a proxy in front says so, which changes nothing but what is shown. */
function originOf({ url, headers }: Request, { host, port }: Named): string {
  const asked = URL.canParse(url) ? new URL(url) : undefined;
  if (!asked || !PLAIN_HOST.test(asked.host)) return `http://${host}:${port}`;
  return headers.get("x-forwarded-proto") === "https" ? `https://${asked.host}` : asked.origin;
}

function keyFor({ auth, upstreams }: Named, dialect: DialectName): string {
  if (auth.required) return "YOUR_MILLRACE_TOKEN";
  const passes = upstreams.some((upstream) => upstream.dialect === dialect && upstream.credential.kind === "passthrough");
  return passes ? `YOUR_${dialect.toUpperCase()}_KEY` : "local";
}

/** A well-known model where a wildcard may serve it, else the first that was named. */
function modelFor({ upstreams, scripted }: Named, dialect: DialectName): string {
  const known = MODELS[dialect];
  const speaking = upstreams.filter((upstream) => upstream.dialect === dialect);
  const patterns = speaking.flatMap(({ models }) => models);
  const prefixes = patterns.filter((pattern) => pattern.endsWith("*")).map((pattern) => pattern.slice(0, -1));
  if (
    scripted.enabled ||
    speaking.length === 0 ||
    patterns.includes(known) ||
    prefixes.some((prefix) => known.startsWith(prefix))
  )
    return known;
  const named = [...speaking.flatMap(({ aliases }) => Object.keys(aliases)), ...patterns];
  return named.find((name) => PLAIN_MODEL.test(name)) ?? "YOUR_MODEL";
}
