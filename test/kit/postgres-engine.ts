// A private PostgreSQL for tests: a new cluster in a temporary folder, on a free port of the loopback, ended by its pids.
// What is committed is synced, as in production; only the making of the cluster is not. PostgreSQL refuses to run as root,
// so that root runs it as another user. Where it cannot be had, the caller skips its suite by name with the reason.

import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MillraceError } from "../../src/base/index.ts";
import { type Found, freePort, installPackage } from "./engines.ts";

const READY_MS_MAX = 30_000;
const PORTS_TRIED_MAX = 5;
const RESTARTS_MAX = 100;
const READY = "database system is ready to accept connections";
const PACKAGES = "/usr/lib/postgresql";
const OPTIONS = ["max_connections=100", "shared_buffers=256MB", "listen_addresses=127.0.0.1", "unix_socket_directories="];

/** Names of users that a root may run it as, with the number that stands in /etc/passwd. */
const RUNNERS = ["postgres", "nobody"];

interface Runner {
  uid: number;
  gid: number;
}

export async function startPostgres(settings: readonly string[] = []): Promise<Found<PostgresServer>> {
  const reason = programs() === undefined ? await installPackage("postgresql") : "";
  const found = programs();
  if (found === undefined) return { kind: "missing", reason: `initdb and postgres are not on this machine; ${reason}` };
  const runner = findRunner();
  if (runner === "none")
    return { kind: "missing", reason: "PostgreSQL does not run as root, and there is no other user to run it" };
  return { kind: "ready", engine: await PostgresServer.start(found, runner, settings) };
}

/** The folder of the programs: on the PATH, or of the newest version where Debian keeps them. */
function programs(): string | undefined {
  const initdb = Bun.which("initdb");
  if (initdb && Bun.which("postgres")) return join(initdb, "..");
  const versions = existsSync(PACKAGES) ? readdirSync(PACKAGES).sort((a, b) => Number(b) - Number(a)) : [];
  return versions.map((version) => join(PACKAGES, version, "bin")).find((folder) => existsSync(join(folder, "initdb")));
}

/** Undefined: we are somebody else than root already. */
function findRunner(): Runner | undefined | "none" {
  if (process.getuid?.() !== 0) return undefined;
  if (!Bun.which("setpriv")) return "none";
  const lines = readFileSync("/etc/passwd", "utf8").split("\n");
  const line = RUNNERS.map((name) => lines.find((each) => each.startsWith(`${name}:`))).find((each) => each !== undefined);
  const [, , uid, gid] = line?.split(":") ?? [];
  return uid === undefined || gid === undefined ? "none" : { uid: Number(uid), gid: Number(gid) };
}

export class PostgresServer {
  readonly #programs: string;
  readonly #runner: Runner | undefined;
  readonly #folder: string;
  readonly #settings: readonly string[];
  #port = 0;
  #child: Bun.Subprocess<"ignore", "ignore", "pipe"> | undefined;

  private constructor(programs: string, runner: Runner | undefined, settings: readonly string[]) {
    this.#programs = programs;
    this.#runner = runner;
    this.#settings = settings;
    this.#folder = mkdtempSync(join(tmpdir(), "millrace-postgres-"));
    chmodSync(this.#folder, 0o700);
    if (runner) chownSync(this.#folder, runner.uid, runner.gid);
  }

  static async start(programs: string, runner: Runner | undefined, settings: readonly string[]): Promise<PostgresServer> {
    const server = new PostgresServer(programs, runner, settings);
    try {
      await server.#makeCluster();
      for (let tried = 1; ; tried++) {
        server.#port = freePort();
        if (await server.#run()) return server;
        if (tried >= PORTS_TRIED_MAX) throw new MillraceError("engine_missing", "PostgreSQL did not start.");
      }
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  get url(): string {
    return `postgres://millrace@127.0.0.1:${this.#port}/postgres`;
  }

  get port(): number {
    return this.#port;
  }

  /** Starts it again on the same port and data; returns when it has recovered. */
  async restart(): Promise<void> {
    await this.kill();
    // It refuses while a process of the one before is not quite gone.
    for (let tried = 1; !(await this.#run()); tried++) {
      if (tried >= RESTARTS_MAX) throw new MillraceError("engine_missing", `PostgreSQL did not start on port ${this.#port}.`);
    }
  }

  /** As `kill -9` of every process of it, at once. Returns when the main one is gone. */
  async kill(): Promise<void> {
    const child = this.#child;
    this.#signal("SIGKILL");
    await child?.exited;
    if (this.#child === child) this.#child = undefined;
  }

  /** Its processes keep their connections and answer nothing. */
  freeze(): void {
    this.#signal("SIGSTOP");
  }

  thaw(): void {
    this.#signal("SIGCONT");
  }

  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** The main process first, so that it starts no other ones. */
  #signal(signal: NodeJS.Signals): void {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null) return;
    const others = childrenOf(child.pid);
    child.kill(signal);
    for (const pid of new Set([...others, ...childrenOf(child.pid)])) {
      try {
        process.kill(pid, signal);
      } catch {
        // It ended by itself.
      }
    }
  }

  async #makeCluster(): Promise<void> {
    const make = [
      join(this.#programs, "initdb"),
      "--no-sync",
      "--auth=trust",
      "--username=millrace",
      "--encoding=UTF8",
      "--locale=C",
    ];
    const child = Bun.spawn([...this.#as(), ...make, "-D", join(this.#folder, "data")], {
      cwd: this.#folder,
      stdin: "ignore",
      stdout: "ignore",
      stderr: "pipe",
      timeout: READY_MS_MAX,
      killSignal: "SIGKILL",
    });
    const complaint = await new Response(child.stderr).text();
    if ((await child.exited) !== 0) throw new MillraceError("engine_missing", `initdb failed: ${complaint.slice(0, 500)}`);
  }

  async #run(): Promise<boolean> {
    const settings = [...OPTIONS, ...this.#settings].flatMap((setting) => ["-c", setting]);
    const place = ["-D", join(this.#folder, "data"), "-p", String(this.#port)];
    const child = Bun.spawn([...this.#as(), join(this.#programs, "postgres"), ...place, ...settings], {
      cwd: this.#folder,
      stdin: "ignore",
      stdout: "ignore",
      stderr: "pipe",
    });
    this.#child = child;
    const limit = setTimeout(() => child.kill("SIGKILL"), READY_MS_MAX); // Ends its log, and so the wait below.
    const ready = await says(child.stderr, READY);
    clearTimeout(limit);
    if (!ready) await this.kill();
    return ready;
  }

  /** On Linux, the kernel ends it when this process ends without stopping it, as a bailing test run does. */
  #as(): string[] {
    const setpriv = process.platform === "linux" ? Bun.which("setpriv") : null;
    if (!setpriv) return [];
    const { uid, gid } = this.#runner ?? {};
    const who = uid === undefined ? [] : [`--reuid=${uid}`, `--regid=${gid}`, "--clear-groups"];
    return [setpriv, ...who, "--pdeathsig", "KILL", "--"];
  }
}

function childrenOf(pid: number): number[] {
  const path = `/proc/${pid}/task/${pid}/children`;
  return existsSync(path) ? readFileSync(path, "utf8").split(" ").filter(Boolean).map(Number) : [];
}

/** True once the log says so. Reads on to its end, or the program would block on its log. */
function says(log: ReadableStream<Uint8Array>, sentence: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const read = async () => {
    const decoder = new TextDecoder();
    let recent = "";
    for await (const chunk of log) {
      recent = recent.slice(-sentence.length) + decoder.decode(chunk, { stream: true });
      if (recent.includes(sentence)) resolve(true);
    }
    resolve(false);
  };
  void read();
  return promise;
}
