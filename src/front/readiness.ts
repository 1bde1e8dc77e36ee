// Asks an app server at `/readyz` whether it takes requests, and how loaded it is. Reads a small JSON and trusts none of it:
// a number that is none counts as full, a page of another kind as ready without a load.

import { type Clock, MillraceError } from "../base/index.ts";
import type { Transport } from "../gateway/index.ts";
import type { ServerLoad } from "../mechanisms/balancer/index.ts";

export type Readiness =
  | { readonly kind: "ready"; readonly load: ServerLoad | undefined }
  /** It answers, and wants no new requests. */
  | { readonly kind: "draining" }
  | { readonly kind: "unreachable" };

export interface AskOptions {
  readonly clock: Clock;
  readonly send: Transport;
  readonly timeoutMs: number;
  /** The name of the one who asks. */
  readonly agent: string;
}

const BYTES_MAX = 64 * 1024;

/** Never rejects. */
export async function readinessOf(server: URL, { clock, send, timeoutMs, agent }: AskOptions): Promise<Readiness> {
  const call = send({
    method: "GET",
    url: `${server.origin}/readyz`,
    headers: [["user-agent", agent]],
    body: undefined,
  });
  const cancel = clock.schedule(timeoutMs, () => call.abort(new MillraceError("upstream_timeout", "The server did not answer.")));
  try {
    const { status, pipe } = await call.response;
    let body = "";
    await pipe({
      write(chunk) {
        if (body.length + chunk.byteLength > BYTES_MAX) throw new MillraceError("upstream_cut", "The answer is too long.");
        body += Buffer.from(chunk).toString("latin1");
      },
    });
    if (status === 503) return { kind: "draining" };
    return { kind: "ready", load: status === 200 ? loadIn(body) : undefined };
  } catch {
    return { kind: "unreachable" };
  } finally {
    cancel();
  }
}

function loadIn(body: string): ServerLoad | undefined {
  const load = fieldOf(parsed(body), "load");
  if (load === undefined) return undefined;
  const number = (name: string): number => {
    const value = fieldOf(load, name);
    return typeof value === "number" ? value : Number.NaN;
  };
  const region = fieldOf(load, "region");
  const capabilities = fieldOf(load, "capabilities");
  return {
    connections: number("connections"),
    connectionsMax: number("connectionsMax"),
    cpu: number("cpu"),
    memory: number("memory"),
    ...(typeof region === "string" ? { region } : {}),
    ...(Array.isArray(capabilities)
      ? { capabilities: capabilities.filter((one): one is string => typeof one === "string") }
      : {}),
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const fieldOf = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;
