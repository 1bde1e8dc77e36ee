// Which requests belong together, from headers alone: the front door reads no bodies. The id is bound to the credential, so
// that nobody can aim at the app server of somebody else's session; both leave this file only as a digest.

import { sessionNamedBy } from "../gateway/index.ts";

/** Undefined where the client names no session. @param headers what `get` finds is null where there is none */
export function sessionKeyOf(headers: Pick<Headers, "get">): string | undefined {
  const session = sessionNamedBy(headers);
  if (!session) return undefined;
  const bearer = headers.get("authorization") ?? "";
  const key = headers.get("x-api-key") ?? "";
  return Bun.SHA256.hash(`${bearer.length}:${bearer}${key.length}:${key}${session}`, "hex");
}
