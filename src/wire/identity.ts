// Who a caller is, as the server found out.

import { z } from "zod";

export const identity = z
  .object({
    tenant: z.string(),
    team: z.string(),
    user: z.string(),
    scopes: z.array(z.string()),
    kind: z.enum(["token", "jwt", "passthrough", "local"]).describe("How it was established."),
  })
  .meta({ id: "Identity" });
