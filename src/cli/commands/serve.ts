// `millrace serve`: runs the server until a signal. The first SIGTERM or SIGINT lets streams finish, a second ends at once.

import { startServer } from "../../server/index.ts";
import type { Command } from "../command.ts";
import { configFlag, configOf, dataFlag, listenFlags } from "../config-flags.ts";
import { listenProblem } from "../listen-problem.ts";
import { startBlock } from "../start-block.ts";
import type { Terminal } from "../terminal.ts";
import { untilSignal } from "../until-signal.ts";
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

async function stop(server: { stop(): Promise<void> }, shutdownMs: number, terminal: Terminal): Promise<number> {
  terminal.err(`Stopping: open streams may finish within ${shutdownMs / 1000} s. A second signal ends at once.`);
  await server.stop();
  return 0;
}
