// What `doctor` looks at, one function a thing. Each looks without changing anything that stays, waits a bounded time,
// and ends in a value: fine, or what is wrong and what to do. No check sends a request to a model provider.

import { accessSync, constants, readFileSync, statSync } from "node:fs";
import { rm } from "node:fs/promises";
import { connect } from "node:net";
import { dirname, join } from "node:path";
import { MillraceError, systemClock } from "../base/index.ts";
import type { Config } from "../server/index.ts";
import { checkOwnRepository, rootKind, Workspace } from "../workspace/index.ts";
import { counted } from "./progress.ts";
import { pinnedBun, version } from "./version.ts";

export interface Check {
  readonly what: string;
  readonly ok: boolean;
  /** What was found; for a problem also what to do. */
  readonly found: string;
}

const WAIT_MS_MAX = 3000;
const LIST_MS_MAX = 20_000;

const fine = (what: string, found: string): Check => ({ what, ok: true, found });
const problem = (what: string, found: string): Check => ({ what, ok: false, found });

export function checkVersions(): Check {
  const found = `Millrace ${version}, Bun ${Bun.version}, SQLite ${process.versions.sqlite}, ${process.platform} ${process.arch}`;
  if (Bun.version === pinnedBun) return fine("versions", found);
  return problem(
    "versions",
    `${found}. Millrace is proven with Bun ${pinnedBun} only: run \`npm ci\`, then start it with bin/millrace.`,
  );
}

/** Calls above the runtime's limit would wait inside it, where no limit of Millrace sees them. */
export function checkOutgoingRequests({ origin, limits }: Config): Check {
  const what = "outgoing requests";
  const found = `${origin.outgoingRequestsMax} at once`;
  if (origin.outgoingRequestsMax >= limits.callsMax) return fine(what, found);
  return problem(
    what,
    `${found}, but \`limits.callsMax\` is ${limits.callsMax}. Start with bin/millrace, set BUN_CONFIG_MAX_HTTP_REQUESTS, or lower \`limits.callsMax\`.`,
  );
}

/** The file may name credentials and hold header values: whoever can write it can send prompts elsewhere. */
export function checkConfigFile({ origin }: Config): Check {
  const what = "configuration";
  if (origin.file === undefined) return fine(what, "defaults and environment (there is no file)");
  const mode = statSync(origin.file).mode & 0o777;
  if ((mode & 0o022) === 0) return fine(what, origin.file);
  return problem(what, `${origin.file} can be changed by other users (mode ${mode.toString(8)}). Run: chmod go-w ${origin.file}`);
}

export async function checkDataFolder({ dataDir }: Config): Promise<Check> {
  const what = "data folder";
  try {
    const folder = statSync(dataDir, { throwIfNoEntry: false });
    if (folder === undefined) {
      accessSync(nearestFolder(dataDir), constants.W_OK | constants.X_OK);
      return fine(what, `${dataDir} (not there yet; the first start makes it)`);
    }
    if (!folder.isDirectory()) return problem(what, `${dataDir} is no folder. Remove it, or set \`dataDir\` to another place.`);
    const probe = join(dataDir, `.doctor-${process.pid}`);
    await Bun.write(probe, "millrace doctor");
    await rm(probe);
    const mode = folder.mode & 0o777;
    if ((mode & 0o077) === 0) return fine(what, `${dataDir} can be written, and only by this user`);
    return problem(what, `${dataDir} is open to other users (mode ${mode.toString(8)}). Run: chmod 700 ${dataDir}`);
  } catch (error) {
    return problem(
      what,
      `${dataDir} cannot be written (${codeOf(error)}). Give this user write access, or set \`dataDir\` to another place.`,
    );
  }
}

/** The folder itself, or the first one above it that exists. */
function nearestFolder(path: string): string {
  const above = dirname(path);
  return above === path || statSync(path, { throwIfNoEntry: false }) ? path : nearestFolder(above);
}

/** Undefined without Redis. */
export async function checkRedis({ redisUrl }: Config): Promise<Check | undefined> {
  if (redisUrl === undefined) return undefined;
  const what = "Redis";
  const client = new Bun.RedisClient(redisUrl.reveal(), { connectionTimeout: WAIT_MS_MAX, autoReconnect: false, maxRetries: 0 });
  try {
    const answer = await within(WAIT_MS_MAX, () => client.connect().then(() => client.ping()));
    if (answer === "PONG") return fine(what, "answers");
    return problem(what, "answers, but not like Redis. Check `redisUrl`.");
  } catch (error) {
    // The client's own message may repeat the URL, and with it the password.
    return problem(what, `does not answer (${codeOf(error)}). Start it, correct \`redisUrl\` or REDIS_URL, or remove them.`);
  } finally {
    client.close();
  }
}

const KINDS = { checkout: "a checkout", mirror: "a bare mirror", folder: "a folder without git: files, but no commits" };

/** That each folder is there, and that git can read its commits. */
export function checkWorkspaces({ workspaces }: Config): Promise<Check[]> {
  return Promise.all(
    workspaces.map(async ({ id, path }) => {
      const what = `workspace ${id}`;
      const kind = rootKind(path);
      if (kind === "missing") return problem(what, `there is no folder ${path}. Create it, or correct \`workspaces\`.`);
      try {
        accessSync(path, constants.R_OK | constants.X_OK);
        if (kind !== "folder") await checkOwnRepository({ folder: path, timeoutMs: WAIT_MS_MAX });
        const about = kind === "mirror" ? "" : `. ${await watching(path)}`;
        return fine(what, `${path}, ${KINDS[kind]}${about}`);
      } catch (error) {
        if (MillraceError.is(error)) return problem(what, `${error.message} Check who owns it, and git's \`safe.directory\`.`);
        return problem(what, `${path} cannot be read (${codeOf(error)}). Give this user access, or correct \`workspaces\`.`);
      }
    }),
  );
}

/** How many folders there are to watch for changes, and whether the system lets so many be watched. */
async function watching(folder: string): Promise<string> {
  const workspace = new Workspace({ folder, clock: systemClock });
  try {
    const paths = await workspace.paths({ signal: AbortSignal.timeout(LIST_MS_MAX) });
    const folders = new Set(paths.map((path) => dirname(path))).size;
    const max = watchesMax();
    const found = `${counted(paths.length, "file")} in ${counted(folders, "folder")}`;
    if (max === undefined) return `${found}; changes are looked for, not watched`;
    if (folders <= max) return `${found}; ${max} may be watched`;
    return `${found}, but only ${max} may be watched: answers are as exact, and slower. Raise fs.inotify.max_user_watches`;
  } finally {
    await workspace.close();
  }
}

/** Linux's own limit, of all programs of this user; elsewhere nothing is watched. */
function watchesMax(): number | undefined {
  try {
    return Number(readFileSync("/proc/sys/fs/inotify/max_user_watches", "utf8"));
  } catch {
    return undefined;
  }
}

/** A TCP connection to each upstream, all at once; nothing is sent. */
export function checkUpstreams({ upstreams }: Config): Promise<Check[]> {
  return Promise.all(
    upstreams.map(async ({ name, baseUrl }) => {
      const url = new URL(baseUrl);
      const port = Number(url.port) || (url.protocol === "https:" ? 443 : 80);
      const host = url.hostname.replace(/^\[|\]$/g, "");
      const what = `upstream ${name}`;
      try {
        await connects(host, port);
        return fine(what, `${url.hostname}:${port} can be reached`);
      } catch (error) {
        return problem(
          what,
          `${url.hostname}:${port} cannot be reached (${codeOf(error)}). Check \`baseUrl\`, the network and firewalls.`,
        );
      }
    }),
  );
}

function connects(host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port });
    const end = (settle: () => void) => {
      socket.destroy();
      settle();
    };
    socket.setTimeout(WAIT_MS_MAX, () => end(() => reject(timedOut())));
    socket.once("connect", () => end(resolve));
    socket.once("error", (error) => end(() => reject(error)));
  });
}

const timedOut = (): Error => Object.assign(new Error("No answer in time."), { code: "ETIMEDOUT" });

async function within<T>(ms: number, work: () => Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(timedOut()), ms);
  });
  try {
    return await Promise.race([work(), late]);
  } finally {
    clearTimeout(timer);
  }
}

const codeOf = (error: unknown): string => String((error as { code?: unknown } | null)?.code ?? "unknown cause");
