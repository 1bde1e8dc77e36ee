// From what was written to what is meant: references to the environment become secrets, and what concerns several keys
// at once is checked. Works on the sections that are sound, so that all problems can be reported together.

import { resolve } from "node:path";
import { Secret } from "../base/index.ts";
import { isLoopback } from "./config-auth.ts";
import type { Problem } from "./config-problems.ts";
import type { SettingName, Settings } from "./config-schema.ts";
import { urlProblem, VARIABLE_REFERENCE } from "./config-upstreams.ts";
import type { KeyPath } from "./config-words.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** How calls to an upstream are signed. */
export type Credential =
  | { readonly kind: "env"; readonly variable: string; readonly secret: Secret }
  | { readonly kind: "passthrough" }
  | { readonly kind: "none" };

export type UpstreamSettings = Settings["upstreams"][number];
/** `baseUrl` is without a slash at the end. */
export interface UpstreamConfig extends Omit<UpstreamSettings, "credential" | "headers"> {
  readonly credential: Credential;
  readonly headers: Record<string, Secret>;
}

type JwtSettings = NonNullable<Settings["auth"]["jwt"]>;
type Algorithm = NonNullable<JwtSettings["algorithms"]>[number];
export interface JwtConfig extends Omit<JwtSettings, "secret" | "publicKey" | "jwksUrl" | "algorithms"> {
  /** Undefined: all that fit the key. */
  readonly algorithms: readonly Algorithm[] | undefined;
  readonly key:
    | { readonly kind: "secret"; readonly secret: Secret }
    | { readonly kind: "publicKey"; readonly pem: string }
    | { readonly kind: "jwks"; readonly url: string };
}

const HMAC_SECRET_BYTES_MIN = 32; // RFC 7518, section 3.2
const CREDENTIAL = /^[\x21-\x7e]+$/;

/** Resolves sections against one environment; every problem goes to `problems`. */
export class Resolver {
  readonly #environment: Environment;
  readonly #problems: Problem[];

  constructor(environment: Environment, problems: Problem[]) {
    this.#environment = environment;
    this.#problems = problems;
  }

  #report(path: KeyPath, text: string): void {
    this.#problems.push({ path, text });
  }

  /** The value of a variable without white space around it (files of secrets end in a line break); undefined when empty. */
  variable(name: string): string | undefined {
    return this.#environment[name]?.trim() || undefined;
  }

  /** The secret behind `env:NAME`. */
  #referenced(reference: string, path: KeyPath): { variable: string; secret: Secret } {
    const variable = VARIABLE_REFERENCE.exec(reference)?.[1] ?? "";
    const value = this.variable(variable);
    if (value === undefined) this.#report(path, `names the environment variable ${variable}, which is not set; set it`);
    return { variable, secret: new Secret(value ?? "") };
  }

  #sendable(secret: Secret, variable: string, path: KeyPath): void {
    if (secret.reveal() !== "" && !CREDENTIAL.test(secret.reveal())) {
      this.#report(path, `names ${variable}, which holds characters that no header may hold; set it to the key alone`);
    }
  }

  upstreams(settings: readonly UpstreamSettings[]): UpstreamConfig[] {
    this.#unique("upstreams", "name", settings);
    return settings.map((upstream, index) => {
      const headers = Object.entries(upstream.headers).map(([name, content]) => {
        const path = ["upstreams", index, "headers", name];
        return [name, VARIABLE_REFERENCE.test(content) ? this.#header(content, path) : new Secret(content)] as const;
      });
      const credential = this.#credential(upstream.credential, ["upstreams", index, "credential"]);
      return { ...upstream, baseUrl: upstream.baseUrl.replace(/\/+$/, ""), credential, headers: Object.fromEntries(headers) };
    });
  }

  /** @param folder that paths are relative to */
  workspaces(settings: Settings["workspaces"], folder: string): Settings["workspaces"] {
    this.#unique("workspaces", "id", settings);
    return settings.map((workspace) => ({ ...workspace, path: resolve(folder, workspace.path) }));
  }

  projects(settings: Settings["projects"]): void {
    this.#unique("projects", "id", settings);
  }

  #unique<Key extends string>(section: SettingName, key: Key, settings: readonly Readonly<Record<Key, string>>[]): void {
    const firstOf = new Map<string, number>();
    for (const [index, { [key]: name }] of settings.entries()) {
      const first = firstOf.get(name);
      if (first === undefined) firstOf.set(name, index);
      else this.#report([section, index, key], `is the ${key} of ${section}[${first}] too; write another`);
    }
  }

  #header(reference: string, path: KeyPath): Secret {
    const { secret, variable } = this.#referenced(reference, path);
    this.#sendable(secret, variable, path);
    return secret;
  }

  #credential(written: string, path: KeyPath): Credential {
    if (written === "passthrough" || written === "none") return { kind: written };
    const { secret, variable } = this.#referenced(written, path);
    this.#sendable(secret, variable, path);
    return { kind: "env", variable, secret };
  }

  jwt(settings: JwtSettings | undefined): JwtConfig | undefined {
    if (settings === undefined) return undefined;
    const { secret: reference, publicKey, jwksUrl, algorithms, ...rest } = settings;
    const path = ["auth", "jwt", "secret"];
    if (reference !== undefined) {
      const { secret, variable } = this.#referenced(reference, path);
      const bytes = Buffer.byteLength(secret.reveal());
      if (bytes > 0 && bytes < HMAC_SECRET_BYTES_MIN) {
        this.#report(path, `names ${variable}, which is too short; set it to at least ${HMAC_SECRET_BYTES_MIN} bytes`);
      }
      return { ...rest, algorithms, key: { kind: "secret", secret } };
    }
    const key: JwtConfig["key"] =
      publicKey === undefined ? { kind: "jwks", url: jwksUrl ?? "" } : { kind: "publicKey", pem: publicKey };
    return { ...rest, algorithms, key };
  }

  /** A URL that may hold a password. */
  secretUrl(key: "redisUrl" | "databaseUrl", written: string | undefined, protocols: readonly string[]): Secret | undefined {
    if (written === undefined) return undefined;
    const secret = VARIABLE_REFERENCE.test(written) ? this.#referenced(written, [key]).secret : new Secret(written.trim());
    const problem = secret.reveal() === "" ? undefined : urlProblem(secret.reveal(), protocols);
    if (problem) this.#report([key], problem);
    return secret;
  }

  /** Anyone who reaches the port may call, unless callers are asked who they are. */
  exposure(host: string, authRequired: boolean): void {
    if (authRequired || isLoopback(host)) return;
    const advice = 'write "127.0.0.1", or set `auth.required` to true and give each caller a token (`millrace token create`)';
    this.#report(["host"], `can be reached by other machines, but callers need no token; ${advice}`);
  }
}
