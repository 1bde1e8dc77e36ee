// Lets peers on a just-in-time compiler compile before they are measured, all by the same load: what a server does in its
// first seconds says nothing of the days after.

import type { Peer } from "./peers.ts";
import type { Rig } from "./rig.ts";
import { wrk } from "./wrk.ts";

const CONNECTIONS = 64;
const SECONDS = 6;

export async function warmUp(rig: Rig, peers: readonly Peer[], body: string): Promise<void> {
  for (const { url, headers } of peers) await wrk(rig, { url, headers, body, connections: CONNECTIONS, seconds: SECONDS });
}
