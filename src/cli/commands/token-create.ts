// `millrace token create`: makes a token and shows it, the only time that it can be seen.
// The token alone goes to stdout, so that it can be piped into a secret store.

import { systemClock } from "../../base/index.ts";
import { openTokenStore } from "../../server/index.ts";
import type { Command } from "../command.ts";
import { configFlag, configOf, dataFlag } from "../config-flags.ts";
import { expiryProblem, parseExpiry } from "../expiry.ts";

export const tokenCreate: Command = {
  about: "Makes a token for one caller. Only its SHA-256 is stored, so it is shown this once and never again.",
  flags: {
    user: { value: "USER", about: "who calls with it", required: true },
    team: { value: "TEAM", about: "the user's team; cached answers are shared within it", required: true },
    tenant: { value: "TENANT", about: "the organisation (default: default)" },
    scope: { value: "LIST", about: "scopes, separated by commas" },
    expires: {
      value: "WHEN",
      about: "a span such as 30d, or a date (default: never)",
      check: (text) => expiryProblem(text, systemClock.now()),
    },
    json: { about: "print JSON" },
    ...configFlag,
    ...dataFlag,
  },
  examples: [
    "millrace token create --user ada --team compilers",
    "millrace token create --user ci --team build --expires 30d --json",
  ],
  async run(input, terminal) {
    const { values, switches } = input;
    const expiresAt = values.expires === undefined ? undefined : parseExpiry(values.expires, systemClock.now());
    const store = await openTokenStore(configOf(input));
    try {
      const { token, record } = await store.tokens.create({
        user: values.user ?? "",
        team: values.team ?? "",
        ...(values.tenant === undefined ? {} : { tenant: values.tenant }),
        ...(values.scope === undefined ? {} : { scopes: values.scope.split(",").map((scope) => scope.trim()) }),
        ...(expiresAt === undefined ? {} : { expiresAt }),
      });
      terminal.out(switches.has("json") ? JSON.stringify({ token, ...record }, null, 2) : token);
      terminal.err("Keep it now: the token is not stored and cannot be shown again.");
      if (!switches.has("json")) terminal.err(`Its id is ${record.id}; \`millrace token revoke ${record.id}\` ends it.`);
      return 0;
    } finally {
      await store.close();
    }
  },
};
