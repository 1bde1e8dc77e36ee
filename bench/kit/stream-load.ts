// A load of many streams at once: wrk opens them, a sampling client beside it looks at a few of them closely.

import { join } from "node:path";
import { smallBody } from "./bodies.ts";
import { DELTAS } from "./model-server.ts";
import type { Peer } from "./peers.ts";
import { CORE_OF_OTHERS, type Rig } from "./rig.ts";
import type { Sample, SampleOrder } from "./sample-streams.ts";
import { type Figures, NUMBER, wrk } from "./wrk.ts";

const SAMPLER = join(import.meta.dir, "sample-streams.ts");
const BODY = smallBody({ stream: true, text: `Request ${NUMBER}: hello` });

export interface StreamFigures {
  readonly load: Figures;
  readonly sample: Sample;
}

/** @param streams open at once, the sampled ones among them */
export async function streamLoad(rig: Rig, peer: Peer, streams: number, seconds: number): Promise<StreamFigures> {
  const sampled = Math.min(20, Math.ceil(streams / 10));
  const load = wrk(rig, { url: peer.url, headers: peer.headers, body: BODY, connections: streams - sampled, seconds });
  const [figures, sample] = await Promise.all([load, sampleStreams(peer, sampled, Math.max(0, seconds - 3))]);
  return { load: figures, sample };
}

/** At least one stream each, also with 0 seconds. */
export async function sampleStreams(peer: Peer, streams: number, seconds: number): Promise<Sample> {
  const { url, headers } = peer;
  const order: SampleOrder = { url, headers, body: BODY, placeholder: NUMBER, streams, seconds, deltas: DELTAS };
  const command = ["taskset", "-c", String(CORE_OF_OTHERS), process.execPath, SAMPLER, JSON.stringify(order)];
  const child = Bun.spawn(command, {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, BUN_CONFIG_MAX_HTTP_REQUESTS: "65336" },
  });
  return JSON.parse(await new Response(child.stdout).text()) as Sample;
}
