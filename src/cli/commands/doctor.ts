// `millrace doctor`: looks at everything that the server needs from this machine, and says what to do where it lacks.

import { MillraceError } from "../../base/index.ts";
import type { Command, Input } from "../command.ts";
import { configFlag, configOf, dataFlag } from "../config-flags.ts";
import {
  type Check,
  checkConfigFile,
  checkDataFolder,
  checkOutgoingRequests,
  checkRedis,
  checkUpstreams,
  checkVersions,
  checkWorkspaces,
} from "../doctor-checks.ts";

export const doctor: Command = {
  about:
    "Checks versions, configuration, data folder, Redis, upstreams (by TCP connection only; no request is made) and workspaces.\n" +
    "Ends with code 1 when there is a problem, and says what to do about each.",
  flags: { json: { about: "print JSON" }, ...configFlag, ...dataFlag },
  examples: ["millrace doctor", "millrace doctor --json"],
  async run(input, terminal) {
    const checks = [checkVersions(), ...(await checkConfigured(input))];
    if (input.switches.has("json")) terminal.out(JSON.stringify(checks, null, 2));
    else for (const { what, ok, found } of checks) terminal.out(`${ok ? "ok     " : "problem"}  ${what}: ${found}`);
    return checks.every(({ ok }) => ok) ? 0 : 1;
  },
};

/** Everything that depends on the configuration, or the one problem that there is no usable one. */
async function checkConfigured(input: Input): Promise<Check[]> {
  try {
    const config = configOf(input);
    const [folder, redis, upstreams, workspaces] = await Promise.all([
      checkDataFolder(config),
      checkRedis(config),
      checkUpstreams(config),
      checkWorkspaces(config),
    ]);
    const notices = config.origin.notices.map((notice): Check => ({ what: "note", ok: true, found: notice }));
    const found = [checkConfigFile(config), ...notices, folder, ...(redis ? [redis] : []), ...upstreams];
    return [...found, ...workspaces, checkOutgoingRequests(config)];
  } catch (error) {
    if (!MillraceError.is(error, "config_invalid")) throw error;
    return [{ what: "configuration", ok: false, found: error.message }];
  }
}
