// `millrace serve`: runs the server until a signal. The first SIGTERM or SIGINT lets streams finish, a second ends at once.

import { type Config, startServer } from "../../server/index.ts";
import type { Command } from "../command.ts";
import { configFlag, configOf, dataFlag, listenFlags } from "../config-flags.ts";
import { startBlock } from "../start-block.ts";
import type { Terminal } from "../terminal.ts";
import { version } from "../version.ts";

export const serve: Command = {
  about:
    "Runs the server until SIGTERM or SIGINT. Open streams may then finish within `limits.shutdownMs`; a second signal ends at once.\n" +
    "Without a provider key the built-in scripted model answers.",
  flags: { ...listenFlags, ...configFlag, ...dataFlag },
  examples: ["millrace serve", "ANTHROPIC_API_KEY=... millrace serve --port 8080"],
  async run(input, terminal) {
    const config = configOf(input);
    const signalled = untilSignal();
    const server = await startServer(config, { version }).catch((error: unknown) => listenProblem(error, config));
    if (typeof server === "string") {
      terminal.err(`millrace serve: ${server}`);
      return 1;
    }
    terminal.out(startBlock(config, server.url, version));
    await signalled;
    return stop(server, config.limits.shutdownMs, terminal);
  },
};

/** Why the address cannot be listened on and what to do; throws anything else again. */
function listenProblem(error: unknown, { host, port }: Config): string {
  switch ((error as { code?: unknown } | null)?.code) {
    case "EADDRINUSE":
      return `port ${port} is in use; end the other program, or choose another port with --port.`;
    case "EACCES":
      return `this user may not listen on port ${port}; choose a port from 1024 up with --port.`;
    case "EADDRNOTAVAIL":
    case "EINVAL":
      return `${host} is no address of this machine; choose another with --host.`;
    default:
      throw error;
  }
}

/** Resolves at the first signal. The handler stays, so that a second one never ends the process by default. */
function untilSignal(): Promise<void> {
  return new Promise((resolve) => {
    let count = 0;
    const take = () => {
      if (++count > 1) process.exit(1);
      resolve();
    };
    process.on("SIGTERM", take);
    process.on("SIGINT", take);
  });
}

async function stop(server: { stop(): Promise<void> }, shutdownMs: number, terminal: Terminal): Promise<number> {
  terminal.err(`Stopping: open streams may finish within ${shutdownMs / 1000} s. A second signal ends at once.`);
  await server.stop();
  return 0;
}
