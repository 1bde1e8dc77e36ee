// The caller's credential, as its headers carry it. Assistants put it where their SDK does: `Authorization: Bearer`
// (Claude Code's ANTHROPIC_AUTH_TOKEN, OpenAI clients) or `x-api-key` (Anthropic clients), and may send both at once.
// Reads only; what a credential is worth is judged elsewhere.

import { TOKEN_PREFIX } from "./tokens.ts";

const BEARER = /^bearer(?:\s+|$)/i;

/** True for text that claims to be one of Millrace's own tokens: such a text must never reach an upstream. */
export const isMillraceToken = (credential: string): boolean => credential.startsWith(TOKEN_PREFIX);

/**
 * The credentials a call carries: none, one, or two different ones with `Authorization` first. An `Authorization`
 * of another scheme (`Basic ...`) counts with its scheme: it is nothing of ours, but it does tell callers apart.
 */
export function readCredentials(headers: Headers): readonly string[] {
  const authorization = headers.get("authorization")?.replace(BEARER, "").trim();
  const apiKey = headers.get("x-api-key")?.trim();
  if (!authorization) return apiKey ? [apiKey] : [];
  return apiKey && apiKey !== authorization ? [authorization, apiKey] : [authorization];
}
