// `millrace token revoke ID`: ends a token.

import { openTokenStore } from "../../server/index.ts";
import type { Command } from "../command.ts";
import { configFlag, configOf, dataFlag } from "../config-flags.ts";

export const tokenRevoke: Command = {
  about:
    "Ends the token with this id, as `millrace token list` shows it. Servers that run refuse it within `auth.tokenCacheSeconds`.",
  flags: { ...configFlag, ...dataFlag },
  operand: "ID",
  examples: ["millrace token revoke 0190f3c2-7a5e-7c3d-9b1a-2f4e6d8c0a12"],
  async run(input, terminal) {
    const config = configOf(input);
    const store = await openTokenStore(config);
    try {
      const record = await store.tokens.revoke(input.operand);
      if (record === undefined) {
        terminal.err("millrace token revoke: no token has this id; `millrace token list` shows the ids.");
        return 1;
      }
      const within = config.auth.tokenCacheSeconds;
      terminal.out(`The token of ${record.user} is revoked. Servers that run refuse it within ${within} seconds.`);
      return 0;
    } finally {
      await store.close();
    }
  },
};
