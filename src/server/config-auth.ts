// The part of the configuration that says who may call: tokens, and JWTs of an identity provider.

import { z } from "zod";
import { urlProblem, VARIABLE_REFERENCE } from "./config-upstreams.ts";

const HMAC = "HS256";
const claim = (name: string, describe: string) => z.string().min(1).max(200).default(name).describe(describe);

/** Plain http would let anyone on the way replace the keys; only a server on this machine is trusted with it. */
function jwksUrlProblem(text: string): string | undefined {
  const problem = urlProblem(text, ["https:", "http:"]);
  if (problem) return problem;
  const url = new URL(text);
  if (url.protocol === "http:" && !isLoopback(url.hostname)) return "is plain http; write an https URL";
  return undefined;
}

/** True for names and addresses that only this machine can reach when a server listens there; no name is resolved. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || host === "[::1]" || /^127(\.(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)){3}$/.test(host);
}

const jwt = z
  .strictObject({
    issuer: z.string().min(1).max(1000).describe("Required `iss`."),
    audience: z.string().min(1).max(1000).describe("Required `aud`."),
    algorithms: z
      .array(z.enum(["HS256", "ES256", "RS256"]))
      .min(1)
      .max(3)
      .optional()
      .describe("Accepted signatures. Not set: all that fit the key."),
    secret: z
      .string()
      .regex(VARIABLE_REFERENCE)
      .meta({ words: "`env:NAME`" })
      .optional()
      .describe("Environment variable that holds the shared secret of HS256, at least 32 bytes."),
    publicKey: z
      .string()
      .max(16_384)
      .regex(/^-----BEGIN (RSA PUBLIC KEY|PUBLIC KEY|CERTIFICATE)-----[\s\S]+-----END \1-----\s*$/)
      .meta({ words: "PEM text of a public key or certificate" })
      .optional()
      .describe("Public key of the issuer: P-256 for ES256, RSA of 2,048 bits or more for RS256."),
    jwksUrl: z
      .string()
      .max(2000)
      .meta({ words: "https URL" })
      .optional()
      .describe("Where the issuer publishes its keys, for ES256 or RS256."),
    claims: z
      .strictObject({
        user: claim("sub", "Claim that names the user."),
        team: claim("team", "Claim that names the team; `default` where a JWT has none."),
        tenant: claim("tenant", "Claim that names the tenant; `default` where a JWT has none."),
        scopes: claim("scope", "Claim that lists scopes, as a list or separated by spaces."),
      })
      .prefault({})
      .describe("Which claim says what."),
    clockToleranceSeconds: z.int().min(0).max(300).default(30).describe("How far clocks may differ."),
  })
  .superRefine((value, context) => {
    const problem = (path: string[], message: string) => context.addIssue({ code: "custom", path, message });
    const keys = (["secret", "publicKey", "jwksUrl"] as const).filter((key) => value[key] !== undefined);
    if (keys.length !== 1) {
      const have = keys.length === 0 ? "has no key" : `has ${keys.length} keys (${keys.join(", ")})`;
      problem([], `${have}; write exactly one of \`secret\`, \`publicKey\`, \`jwksUrl\``);
    } else if (value.algorithms?.some((algorithm) => (algorithm === HMAC) !== (keys[0] === "secret"))) {
      const fitting = keys[0] === "secret" ? HMAC : "ES256 or RS256";
      problem(["algorithms"], `does not fit \`${keys[0]}\`; write ${fitting}`);
    }
    const wrongUrl = value.jwksUrl === undefined ? undefined : jwksUrlProblem(value.jwksUrl);
    if (wrongUrl) problem(["jwksUrl"], wrongUrl);
  });

export const authSection = z
  .strictObject({
    required: z
      .boolean()
      .default(false)
      .describe("Refuse calls without a valid token or JWT. While false, only loopback hosts may be served."),
    tokenCacheSeconds: z
      .int()
      .min(0)
      .max(60)
      .default(5)
      .describe(
        "How long a verified token is believed without asking the store: the longest time until a revocation works everywhere.",
      ),
    jwt: jwt.optional().describe("Accept JWTs of an identity provider beside `millrace token`."),
  })
  .prefault({})
  .describe("Who may call.");
