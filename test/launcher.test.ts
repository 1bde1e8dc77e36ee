// The launcher under a real Node: it finds Bun also where install scripts never ran, and ends as Bun ends.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { findBun, platformPackages } from "../bin/launch.js";

const ROOT = join(import.meta.dir, "..");
const STUB = 'echo "Error: Bun\'s postinstall script was not run." >&2\nexit 1\n';
const node = Bun.which("node");
const text = (stream: ReadableStream<Uint8Array>) => new Response(stream).text();

/** A folder as `npm ci --ignore-scripts` leaves it: Bun's stub, and the binary in the platform's package. */
function installWithoutScripts(folder: string, platformPackage: string | undefined): string {
  const bun = join(folder, "node_modules", "bun");
  mkdirSync(join(bun, "bin"), { recursive: true });
  cpSync(join(ROOT, "bin"), join(folder, "bin"), { recursive: true });
  writeFileSync(join(bun, "package.json"), '{"name":"bun"}');
  writeFileSync(join(bun, "install.js"), 'console.error("the installer ran")');
  writeFileSync(join(bun, "bin", "bun.exe"), STUB);
  chmodSync(join(bun, "bin", "bun.exe"), 0o755);
  if (platformPackage !== undefined) {
    const platform = join(folder, "node_modules", platformPackage);
    mkdirSync(join(platform, "bin"), { recursive: true });
    writeFileSync(join(platform, "package.json"), "{}");
    symlinkSync(process.execPath, join(platform, "bin", process.platform === "win32" ? "bun.exe" : "bun"));
  }
  return bun;
}

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "millrace-launcher-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("the platform's packages are tried in the order that fits the machine", () => {
  expect(platformPackages("linux", "x64", false)).toEqual([
    "@oven/bun-linux-x64",
    "@oven/bun-linux-x64-baseline",
    "@oven/bun-linux-x64-musl",
    "@oven/bun-linux-x64-musl-baseline",
  ]);
  expect(platformPackages("linux", "arm64", true)[0]).toBe("@oven/bun-linux-aarch64-musl");
  expect(platformPackages("darwin", "arm64", false)[0]).toBe("@oven/bun-darwin-aarch64");
  expect(platformPackages("win32", "x64", false)[0]).toBe("@oven/bun-windows-x64");
  expect(platformPackages("android", "arm64", false)[0]).toBe("@oven/bun-linux-aarch64-android");
});

test("an installed binary is preferred to the platform's package", () => {
  const bun = join(folder, "installed", "node_modules", "bun");
  installWithoutScripts(join(folder, "installed"), platformPackages()[0]);
  rmSync(join(bun, "bin", "bun.exe"));
  symlinkSync(process.execPath, join(bun, "bin", "bun.exe"));
  expect(findBun(bun)).toBe(join(bun, "bin", "bun.exe"));
});

test("the stub of an install without scripts is not mistaken for Bun", () => {
  const bun = installWithoutScripts(join(folder, "stub"), undefined);
  expect(findBun(bun)).toBeUndefined();
});

describe.skipIf(node === null)(node === null ? "skipped: launcher under Node (node is not on the PATH)" : "under Node", () => {
  const run = (cwd: string, args: string[], env: Record<string, string | undefined> = {}) =>
    Bun.spawn([node as string, ...args], {
      cwd,
      env: { ...process.env, ...env },
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    });
  const launch = (args: string[], env?: Record<string, string | undefined>) => run(ROOT, ["bin/bun.js", ...args], env);

  test("Bun runs where install scripts are disabled, and nothing is written", async () => {
    const bun = installWithoutScripts(join(folder, "bare"), platformPackages()[0]);
    const child = run(join(folder, "bare"), ["bin/bun.js", "--version"]);
    expect(await text(child.stderr)).toBe("");
    expect((await text(child.stdout)).trim()).toBe(Bun.version);
    expect(readFileSync(join(bun, "bin", "bun.exe"), "utf8")).toBe(STUB);
  });

  test("Bun's own installer is the last resort, and a failure says what to do", async () => {
    installWithoutScripts(join(folder, "empty"), undefined);
    const child = run(join(folder, "empty"), ["bin/bun.js", "--version"]);
    const complaint = await text(child.stderr);
    expect(await child.exited).toBe(1);
    expect(complaint).toContain("the installer ran");
    expect(complaint).toContain("--omit=optional");
  });

  test("the command runs src/cli/main.ts of its own package with the given arguments, also through a link", async () => {
    const place = join(folder, "command");
    installWithoutScripts(place, platformPackages()[0]);
    mkdirSync(join(place, "src", "cli"), { recursive: true });
    writeFileSync(join(place, "src", "cli", "main.ts"), "console.log(JSON.stringify(Bun.argv.slice(2)));");
    symlinkSync(join(place, "bin", "millrace"), join(place, "linked"));
    const child = run(dirname(place), [join(place, "linked"), "map", "--json", "a b"]);
    expect(JSON.parse(await text(child.stdout))).toEqual(["map", "--json", "a b"]);
  });

  test("the limit on simultaneous requests is raised, unless the operator set it", async () => {
    const print = "process.stdout.write(process.env.BUN_CONFIG_MAX_HTTP_REQUESTS)";
    expect(await text(launch(["-e", print], { BUN_CONFIG_MAX_HTTP_REQUESTS: undefined }).stdout)).toBe("65535");
    expect(await text(launch(["-e", print], { BUN_CONFIG_MAX_HTTP_REQUESTS: "300" }).stdout)).toBe("300");
  });

  test("commands that analyse and end are spared the costliest compiler; what the operator set stays", async () => {
    const place = join(folder, "settings");
    installWithoutScripts(place, platformPackages()[0]);
    mkdirSync(join(place, "src", "cli"), { recursive: true });
    const print = "process.stdout.write(String(process.env.BUN_JSC_thresholdForFTLOptimizeAfterWarmUp))";
    writeFileSync(join(place, "src", "cli", "main.ts"), print);
    const told = (command: string) => text(run(place, ["bin/millrace", command]).stdout);
    expect(await Promise.all(["map", "graph", "mcp", "serve", "doctor"].map(told))).toEqual([
      ...["500000", "500000", "500000", "undefined", "undefined"],
    ]);
  });

  test("the child's exit code is the launcher's", async () => {
    expect(await launch(["-e", "process.exit(42)"]).exited).toBe(42);
  });

  test("a child ended by a signal ends the launcher by the same signal", async () => {
    const child = launch(["-e", "process.kill(process.pid, 'SIGKILL'); setInterval(() => {}, 1000)"]);
    await child.exited;
    expect(child.signalCode).toBe("SIGKILL");
  });

  test.each(["SIGTERM", "SIGINT", "SIGHUP"] as const)("%s reaches the child, which ends in its own time", async (signal) => {
    const script = `process.on("${signal}", () => { console.log("stopping"); setTimeout(() => process.exit(7), 50); }); console.log("up"); setInterval(() => {}, 1000);`;
    const child = launch(["-e", script]);
    const lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    expect((await lines.read()).value).toBe("up\n");
    child.kill(signal);
    expect((await lines.read()).value).toBe("stopping\n");
    expect(await child.exited).toBe(7);
  });
});
