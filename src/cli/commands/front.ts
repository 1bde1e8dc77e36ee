// `millrace front`: the front door over several servers, until a signal.

import { MillraceError } from "../../base/index.ts";
import { type FrontOptions, frontLimits, serverAddress, startFront } from "../../front/index.ts";
import type { Command, Input } from "../command.ts";
import { portProblem } from "../config-flags.ts";
import { listenProblem } from "../listen-problem.ts";
import { untilSignal } from "../until-signal.ts";

const PORT = 7879;
const MIB = 1024 * 1024;

const countProblem = (text: string): string | undefined =>
  /^[1-9]\d{0,6}$/.test(text) ? undefined : "is no number: write a whole number from 1 up";

const serversProblem = (text: string): string | undefined => {
  try {
    serversIn(text);
    return undefined;
  } catch (error) {
    if (MillraceError.is(error)) return `names something else: ${error.message}`;
    throw error;
  }
};

export const front: Command = {
  about:
    "Spreads calls over several servers until SIGTERM or SIGINT: each conversation stays on one server, at even load. A server that\n" +
    "fails or drains gets no more; several front doors over the same servers agree without talking.",
  flags: {
    server: {
      value: "URL",
      about: "a server, as http://host:port; once for each",
      required: true,
      repeated: true,
      check: serversProblem,
    },
    port: { value: "PORT", about: `port to listen on, 0 for a free one (default: ${PORT})`, check: portProblem },
    host: { value: "HOST", about: "address to listen on (default: 127.0.0.1)" },
    "admin-port": { value: "PORT", about: "port of its own /healthz, /readyz and /metrics (default: none)", check: portProblem },
    region: { value: "NAME", about: "prefer servers of this region for new conversations" },
    "trust-proxy": { about: "believe x-forwarded-* of those who connect" },
    "body-mib": { value: "N", about: "largest body of a request in MiB (default: 64)", check: countProblem },
    connections: {
      value: "N",
      about: `most connections at once (default: ${frontLimits.connectionsMax})`,
      check: countProblem,
    },
  },
  examples: [
    "millrace front --server http://10.0.0.5:7878 --server http://10.0.0.6:7878",
    "millrace front --server http://a:7878 --host 0.0.0.0 --port 80 --admin-port 9000",
  ],
  async run(input, terminal) {
    const options = optionsOf(input);
    const signalled = untilSignal();
    let running: ReturnType<typeof startFront>;
    try {
      running = startFront(options);
    } catch (error) {
      terminal.err(`millrace front: ${listenProblem(error, options)}`);
      return 1;
    }
    terminal.out(`Millrace's front door listens on ${running.url}`);
    if (running.adminUrl) terminal.out(`  its own pages  ${running.adminUrl}/metrics, /healthz, /readyz`);
    await signalled;
    terminal.err(`Stopping: open streams may finish within ${frontLimits.shutdownMs / 1000} s. A second signal ends at once.`);
    await running.stop();
    return 0;
  },
};

function serversIn(text: string): URL[] {
  return text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "")
    .map(serverAddress);
}

function optionsOf({ values, switches }: Input): FrontOptions {
  const { host = "127.0.0.1", port = String(PORT), region } = values;
  const adminPort = values["admin-port"];
  const bodyMib = values["body-mib"];
  return {
    servers: serversIn(values.server ?? ""),
    host,
    port: Number(port),
    trustsProxy: switches.has("trust-proxy"),
    ...(adminPort === undefined ? {} : { adminPort: Number(adminPort) }),
    ...(region === undefined ? {} : { wish: { region } }),
    limits: {
      ...(bodyMib === undefined ? {} : { bodyBytesMax: Number(bodyMib) * MIB }),
      ...(values.connections === undefined ? {} : { connectionsMax: Number(values.connections) }),
    },
  };
}
