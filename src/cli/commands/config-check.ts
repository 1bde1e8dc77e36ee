// `millrace config check`: names every problem of the configuration at once.

import type { Command } from "../command.ts";
import { configFlag, configOf } from "../config-flags.ts";

export const configCheck: Command = {
  about: "Reads the configuration file and the environment as `serve` would, and names every problem. Starts nothing.",
  flags: configFlag,
  examples: ["millrace config check", "millrace config check --config /etc/millrace.json"],
  async run(input, terminal) {
    const { origin } = configOf(input);
    for (const notice of origin.notices) terminal.err(`note: ${notice}`);
    terminal.out(origin.file === undefined ? "ok: defaults and environment (there is no file)" : `ok: ${origin.file}`);
    return 0;
  },
};
