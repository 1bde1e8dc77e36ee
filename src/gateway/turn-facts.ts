// What the headers and shape of a call say of the turn that it is: which assistant, which repository, and whether it is part of the conversation
// at all. Assistants send work for themselves beside it: titles, checks of commands, requests that only keep a cache warm.

import type { KnownBody } from "./body-memo.ts";
import { isObject, parseObject } from "./dialects/json-object.ts";
import type { Exchange } from "./exchange.ts";
import type { Turn } from "./turn.ts";

/** By the product that a user agent begins with. */
const CLIENTS: Readonly<Record<string, string>> = {
  "claude-cli": "claude-code",
  codex_cli_rs: "codex",
  codex_exec: "codex",
  codex_tui: "codex",
  codex_vscode: "codex",
};
const PRODUCT = /^[\w.@-]{1,64}/;
const NAME_UNITS_MAX = 512;

export function clientOf(headers: Headers): string | undefined {
  const product = PRODUCT.exec(headers.get("originator") ?? headers.get("user-agent") ?? "")?.[0];
  return product === undefined ? undefined : (CLIENTS[product] ?? product);
}

/** Codex names the folders it works in, with the addresses of their remotes. */
export function repositoryOf(headers: Headers): string | undefined {
  const metadata = codexMetadata(headers);
  const workspaces = isObject(metadata?.workspaces) ? Object.entries(metadata.workspaces) : [];
  const [folder, about] = workspaces[0] ?? [];
  const remotes = isObject(about) && isObject(about.associated_remote_urls) ? about.associated_remote_urls : {};
  const address = [remotes.origin, ...Object.values(remotes)].find((url) => typeof url === "string" && url !== "");
  const name = typeof address === "string" ? withoutCredentials(address) : folder;
  return name === undefined || name === "" ? undefined : name.slice(0, NAME_UNITS_MAX);
}

export function turnKind(exchange: Exchange): Turn["kind"] {
  const { headers } = exchange.call;
  const asked = headers.get("x-claude-code-request-class");
  const codex = codexMetadata(headers)?.request_kind;
  if (asked === "compaction" || headers.has("x-claude-code-compaction") || codex === "compact") return "compaction";
  const kind = exchange.known?.kind ?? bodyKind(exchange);
  if (kind !== "turn") return kind;
  return asked === "auxiliary" || (typeof codex === "string" && codex !== "turn") ? "side" : "turn";
}

/** aider keeps caches warm with requests for a single token, Claude Code asks for one to learn its quota. */
export function bodyKind({ dialect, endpoint, facts }: Pick<Exchange, "dialect" | "endpoint" | "facts">): KnownBody["kind"] {
  if (dialect.isTitle(endpoint, facts)) return "title";
  return dialect.outputMax(endpoint, facts) === 1 ? "side" : "turn";
}

const codexMetadata = (headers: Headers) => {
  const metadata = headers.get("x-codex-turn-metadata");
  return metadata === null ? undefined : parseObject(metadata);
};

/** Remotes may be written with a name and a password. */
const withoutCredentials = (address: string): string => address.replace(/^(\w+:\/\/)[^/@]*@/, "$1");
