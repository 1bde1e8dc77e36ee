// Runs wrk (one thread, on the core of the load) and reads its figures, which a script of ours prints as JSON.
// wrk 4.1 corrects its percentiles for coordinated omission; every peer is treated alike.

import { CORE_OF_OTHERS, type Rig } from "./rig.ts";

/** Stands in a body or a header for ten digits that differ in every request of every run. */
export const NUMBER = "@@@@@@@@@@";

export interface Load {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Headers and body may hold NUMBER, once together. */
  readonly body: string;
  /** So many different numbers, one after the other, then again. Default: never the same again. */
  readonly numbers?: number;
  readonly connections: number;
  readonly seconds: number;
}

export interface Figures {
  readonly requests: number;
  readonly requestsPerSecond: number;
  readonly bytes: number;
  readonly p50Us: number;
  readonly p99Us: number;
  /** Connections refused, broken or silent, and answers above 399. */
  readonly errors: number;
}

interface Printed {
  readonly requests: number;
  readonly bytes: number;
  readonly duration: number;
  readonly p50: number;
  readonly p99: number;
  readonly errors: number;
}

export async function wrk(rig: Rig, load: Load): Promise<Figures> {
  const body = await rig.write("wrk-body", load.body);
  const script = await rig.write("wrk.lua", scriptOf(load, body));
  const child = Bun.spawn(
    [
      ...["taskset", "-c", String(CORE_OF_OTHERS), "wrk", "--threads", "1", "--timeout", "20s", "--script", script],
      ...["--connections", String(load.connections), "--duration", `${load.seconds}s`, load.url],
    ],
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  const [output, problem] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  const line = /^figures (.*)$/m.exec(output)?.[1];
  if ((await child.exited) !== 0 || line === undefined) throw new Error(`wrk failed: ${output}${problem}`);
  const printed = JSON.parse(line) as Printed;
  return {
    requests: printed.requests,
    requestsPerSecond: printed.requests / (printed.duration / 1e6),
    bytes: printed.bytes,
    p50Us: printed.p50,
    p99Us: printed.p99,
    errors: printed.errors,
  };
}

function scriptOf({ headers, body, numbers }: Load, bodyPath: string): string {
  const lines = Object.entries(headers).map(([name, value]) => `wrk.headers[${JSON.stringify(name)}] = ${JSON.stringify(value)}`);
  return `
wrk.method = "POST"
${lines.join("\n")}
local file = io.open(${JSON.stringify(bodyPath)}, "rb")
wrk.body = file:read("*a")
file:close()
${[body, ...Object.values(headers)].some((part) => part.includes(NUMBER)) ? different(numbers) : ""}
function done(summary, latency)
  local e = summary.errors
  io.write(string.format('figures {"requests":%d,"bytes":%d,"duration":%d,"p50":%d,"p99":%d,"errors":%d}\\n', summary.requests,
    summary.bytes, summary.duration, latency:percentile(50), latency:percentile(99), e.connect + e.read + e.write + e.timeout + e.status))
end
`;
}

/** The request is put together once and only its number exchanged, so that the load costs no more than a constant one. */
const different = (numbers: number | undefined): string => `
local head, tail
local number = os.time() % 100000 * 100000
function init()
  local request = wrk.format()
  local from, to = request:find("${NUMBER}", 1, true)
  head, tail = request:sub(1, from - 1), request:sub(to + 1)
end
function request()
  number = ${numbers === undefined ? "number + 1" : `(number + 1) % ${numbers}`}
  return head .. string.format("%010d", number) .. tail
end
`;
