// The configurations in deploy/ say what the front door does: the same headers in the same order, load bounded alike, no
// retry of what was sent, no limit on how long a stream takes. HAProxy's is checked by HAProxy itself where it is installed.

import { expect, test } from "bun:test";
import { join } from "node:path";

const DEPLOY = join(import.meta.dir, "..", "deploy");
const read = (path: string) => Bun.file(join(DEPLOY, path)).text();
const haproxy = Bun.which("haproxy", { PATH: `${process.env.PATH}:/usr/sbin:/usr/local/sbin` });

/** As src/gateway/identity/session.ts asks for them. */
async function sessionHeaders(): Promise<string[]> {
  const source = await Bun.file(join(DEPLOY, "..", "src", "gateway", "identity", "session.ts")).text();
  const list = /const SESSION_HEADERS = \[([^\]]+)\]/.exec(source)?.[1] ?? "";
  return ["x-millrace-session", "x-claude-code-session-id", ...[...list.matchAll(/"([^"]+)"/g)].map(([, name = ""]) => name)];
}

test.skipIf(!haproxy)(haproxy ? "HAProxy accepts its configuration" : "skipped: HAProxy is not on the PATH", () => {
  const { exitCode, stderr } = Bun.spawnSync([haproxy ?? "", "-c", "-q", "-f", join(DEPLOY, "haproxy", "haproxy.cfg")]);
  expect([exitCode, stderr.toString()]).toEqual([0, ""]);
});

test("HAProxy's policy is the front door's", async () => {
  const text = await read("haproxy/haproxy.cfg");
  const named = [...text.matchAll(/set-var\(txn\.session\) req\.hdr\(([\w-]+)\)/g)].map(([, name = ""]) => name);
  // The last one that is found counts there, the first one here.
  expect(named.reverse()).toEqual(await sessionHeaders());
  for (const line of [
    "hash-type consistent",
    "hash-balance-factor 125",
    "retry-on conn-failure",
    "http-check send meth GET uri /readyz ver HTTP/1.1 hdr host localhost hdr user-agent haproxy",
    "option http-no-delay",
    "option abortonclose",
  ]) {
    expect(text).toContain(`    ${line}\n`);
  }
});

interface Shape {
  readonly [name: string]: unknown;
}

/** What is at the end of a way of names and indexes; throws where it does not lead on. */
const at = (value: unknown, ...way: readonly (string | number)[]): unknown =>
  way.reduce<unknown>((inner, name) => {
    if (typeof inner !== "object" || inner === null || !(name in inner)) throw new Error(`there is no ${name}`);
    return (inner as Shape)[name];
  }, value);

test("Envoy's policy is the front door's", async () => {
  const config: unknown = Bun.YAML.parse(await read("envoy/envoy.yaml"));
  const manager = at(config, "static_resources", "listeners", 0, "filter_chains", 0, "filters", 0, "typed_config");
  const route = at(manager, "route_config", "virtual_hosts", 0, "routes", 0, "route");
  const policies = at(route, "hash_policy") as Shape[];
  expect(policies.map((policy) => at(policy, "header", "header_name"))).toEqual(await sessionHeaders());
  expect(policies.every(({ terminal }) => terminal === true)).toBe(true);
  expect(at(route, "timeout")).toBe("0s");
  expect(at(route, "retry_policy", "retry_on")).toBe("connect-failure");
  expect(at(manager, "request_timeout")).toBe("0s");
  expect(at(manager, "http_protocol_options", "allow_chunked_length")).toBe(false);
  const cluster = at(config, "static_resources", "clusters", 0);
  expect(at(cluster, "name")).toBe(at(route, "cluster"));
  expect(at(cluster, "lb_policy")).toBe("RING_HASH");
  expect(at(cluster, "common_lb_config", "consistent_hashing_lb_config", "hash_balance_factor")).toBe(125);
  expect(at(cluster, "health_checks", 0, "http_health_check", "path")).toBe("/readyz");
  expect(at(cluster, "outlier_detection", "max_ejection_percent")).toBe(50);
});
