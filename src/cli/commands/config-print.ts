// `millrace config print`: the configuration in effect as JSON, every secret as `[secret]`.

import { configInWords } from "../../server/index.ts";
import type { Command } from "../command.ts";
import { configFlag, configOf } from "../config-flags.ts";

export const configPrint: Command = {
  about: "Prints the configuration in effect as JSON: defaults, file and environment together. Secrets are shown as [secret].",
  flags: configFlag,
  examples: ["millrace config print", "PORT=8080 millrace config print"],
  async run(input, terminal) {
    terminal.out(configInWords(configOf(input)));
    return 0;
  },
};
