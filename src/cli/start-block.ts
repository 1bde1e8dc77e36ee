// What `serve` says once it listens: where it is, what it uses, and how to point an assistant at it.

import type { Config } from "../server/index.ts";

export function startBlock(config: Config, url: string, version: string): string {
  const { upstreams, auth, origin, scripted } = config;
  const lines: (readonly [string, string])[] = [
    ["data", config.dataDir],
    ["configuration", origin.file ?? "defaults and environment"],
    ...upstreams.map(
      ({ name, dialect, baseUrl }, index) => [index === 0 ? "upstreams" : "", `${name}: ${dialect} at ${baseUrl}`] as const,
    ),
    ...(scripted.enabled ? [["scripted model", scriptedInWords(config)] as const] : []),
    ...(config.workspaces.length > 0 ? [["workspaces", config.workspaces.map(({ id }) => id).join(", ")] as const] : []),
    ["authentication", authenticationInWords(auth)],
    ["Claude Code", claudeCode(config, url)],
    ...origin.notices.map((notice) => ["note", notice] as const),
  ];
  const width = Math.max(...lines.map(([left]) => left.length));
  return [`Millrace ${version} listens on ${url}`, ...lines.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`)].join(
    "\n",
  );
}

function scriptedInWords({ upstreams }: Config): string {
  if (upstreams.length > 0) return "answers too (`scripted.enabled`)";
  return "answers, because there is no upstream; set ANTHROPIC_API_KEY or OPENAI_API_KEY for a real model";
}

function authenticationInWords({ required, jwt }: Config["auth"]): string {
  const issuer = jwt === undefined ? "" : ` or JWTs of ${jwt.issuer}`;
  return required ? `tokens (\`millrace token create\`)${issuer}` : "none; only this machine can call";
}

/** Claude Code needs some credential. A caller whose own key goes on to the provider must keep it. */
function claudeCode({ auth, upstreams }: Config, url: string): string {
  const ownKey = upstreams.some(({ dialect, credential }) => dialect === "anthropic" && credential.kind === "passthrough");
  const credential = auth.required ? " ANTHROPIC_AUTH_TOKEN=YOUR_TOKEN" : ownKey ? "" : " ANTHROPIC_AUTH_TOKEN=any";
  return `ANTHROPIC_BASE_URL=${url}${credential} claude`;
}
