// `millrace front`: the front door over several servers, until a signal.

import { MillraceError, systemClock } from "../../base/index.ts";
import {
  type FrontOptions,
  followServers,
  frontLimits,
  type ReadServers,
  type RunningFront,
  serversInFile,
  serversInText,
  serversOfName,
  startFront,
} from "../../front/index.ts";
import type { Command, Input } from "../command.ts";
import { portProblem } from "../config-flags.ts";
import { listenProblem } from "../listen-problem.ts";
import type { Terminal } from "../terminal.ts";
import { untilSignal } from "../until-signal.ts";

const PORT = 7879;
const MIB = 1024 * 1024;

const countProblem = (text: string): string | undefined =>
  /^[1-9]\d{0,6}$/.test(text) ? undefined : "is no number: write a whole number from 1 up";

/** A list of servers that may change is read again so often. */
const FILE_MS = 1000;
const NAME_MS = 5000;

export const front: Command = {
  about:
    "Spreads calls over several servers until SIGTERM or SIGINT: each conversation stays on one server, at even load. A server that\n" +
    "fails or drains gets no more; several front doors over the same servers agree without talking.",
  flags: {
    server: {
      value: "URL",
      about: "a server, as http://host:port; once for each",
      repeated: true,
    },
    servers: { value: "FILE", about: "file with one server a line, # for comments; read again when it changes" },
    dns: { value: "NAME:PORT", about: "every address of this name is a server; asked again every 5 s" },
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
    "millrace front --dns servers.internal:7878 --host 0.0.0.0 --port 80 --admin-port 9000",
  ],
  async run(input, terminal) {
    const source = sourceOf(input);
    if (typeof source === "string") {
      terminal.err(`millrace front: ${source}`);
      return 2;
    }
    // Until the first reading there is nobody to send to; a list that is wrong from the beginning is a mistake.
    const options = { ...optionsOf(input), servers: source.isFixed ? await source.read() : [] };
    const signalled = untilSignal();
    let running: RunningFront;
    try {
      running = startFront(options);
    } catch (error) {
      terminal.err(`millrace front: ${listenProblem(error, options)}`);
      return 1;
    }
    const followed = source.isFixed ? undefined : follow(source, running, terminal);
    await followed?.first;
    terminal.out(`Millrace's front door listens on ${running.url}`);
    if (running.adminUrl) terminal.out(`  its own pages  ${running.adminUrl}/metrics, /healthz, /readyz`);
    await signalled;
    followed?.stop();
    terminal.err(`Stopping: open streams may finish within ${frontLimits.shutdownMs / 1000} s. A second signal ends at once.`);
    await running.stop();
    return 0;
  },
};

interface Source {
  readonly read: ReadServers;
  /** It never changes. */
  readonly isFixed: boolean;
  readonly everyMs: number;
}

/** Where the servers come from, or what is wrong with the flags. */
function sourceOf({ values: { server, servers, dns } }: Input): Source | string {
  const given = [server, servers, dns].filter((value) => value !== undefined);
  if (given.length !== 1)
    return "say where the servers are by one of --server, --servers and --dns (see `millrace front --help`)";
  try {
    if (servers !== undefined) return { read: serversInFile(servers), isFixed: false, everyMs: FILE_MS };
    if (dns !== undefined) return { read: serversOfName(dns), isFixed: false, everyMs: NAME_MS };
    const fixed = serversInText((server ?? "").replaceAll(",", "\n"));
    return { read: async () => fixed, isFixed: true, everyMs: FILE_MS };
  } catch (error) {
    if (MillraceError.is(error)) return error.message;
    throw error;
  }
}

function follow({ read, everyMs }: Source, running: RunningFront, terminal: Terminal): ReturnType<typeof followServers> {
  const onServers = (servers: readonly URL[]): void => {
    running.setServers(servers);
    terminal.err(`Servers now: ${servers.map(({ origin }) => origin).join(", ")}`);
  };
  return followServers(read, { clock: systemClock, everyMs, onServers, onProblem: (words) => terminal.err(words) });
}

function optionsOf({ values, switches }: Input): Omit<FrontOptions, "servers"> {
  const { host = "127.0.0.1", port = String(PORT), region } = values;
  const adminPort = values["admin-port"];
  const bodyMib = values["body-mib"];
  return {
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
