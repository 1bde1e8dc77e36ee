// Finds the Bun that npm installed beside this package and runs it in place of this process: same stdio, same
// signals, same exit. Plain Node, no dependencies. Works when install scripts were disabled, and then writes nothing:
// it takes the binary from Bun's platform package. It never looks on the PATH, because the version is part of the product.

const { spawn, spawnSync } = require("node:child_process");
const { closeSync, existsSync, openSync, readSync } = require("node:fs");
const { createRequire } = require("node:module");
const { dirname, join } = require("node:path");
const { isatty } = require("node:tty");

/** The largest number of simultaneous outgoing requests that Bun accepts; its own default of 256 starves streams. */
const OUTGOING_REQUESTS_MAX = "65535";
/**
 * For commands that analyse and end: the costliest compiler is not asked for what runs for a second. It shares the cores with the analysis, and took
 * a third of the first one's time. A server runs long enough for it.
 */
const SHORT_RUN = { BUN_JSC_thresholdForFTLOptimizeAfterWarmUp: "500000" };
const SHORT_COMMANDS = new Set(["map", "graph", "mcp"]);
/** @type {NodeJS.Signals[]} */
const FORWARDED = ["SIGTERM", "SIGINT", "SIGHUP"];

/** Names of the packages that may hold this machine's binary, most fitting first. */
function platformPackages(platform = process.platform, arch = process.arch, musl = runsOnMusl()) {
  const system = platform === "win32" ? "windows" : platform === "android" ? "linux" : platform;
  const name = `@oven/bun-${system}-${arch === "arm64" ? "aarch64" : arch}`;
  const libraries = platform === "android" ? ["-android"] : platform !== "linux" ? [""] : musl ? ["-musl", ""] : ["", "-musl"];
  return libraries.flatMap((library) => [`${name}${library}`, `${name}${library}-baseline`]);
}

function runsOnMusl() {
  if (process.platform !== "linux") return false;
  /** @type {{ header?: { glibcVersionRuntime?: string } } | undefined} */
  const report = process.report?.getReport();
  return report?.header?.glibcVersionRuntime === undefined;
}

/**
 * Until Bun's install script has run, `bin/bun.exe` is a short shell script that only prints a complaint.
 * @param {string} path
 */
function isProgram(path) {
  if (!existsSync(path)) return false;
  const file = openSync(path, "r");
  const start = Buffer.alloc(4);
  readSync(file, start, 0, 4, 0);
  closeSync(file);
  return ["7f454c46", "cffaedfe", "cafebabe"].includes(start.toString("hex")) || start.toString("latin1", 0, 2) === "MZ";
}

/**
 * The path of a Bun binary that is already on this machine, or undefined.
 * @param {string} bunFolder where the package `bun` is installed
 */
function findBun(bunFolder) {
  const installed = join(bunFolder, "bin", "bun.exe");
  if (isProgram(installed)) return installed;
  const fromBun = createRequire(join(bunFolder, "package.json"));
  const file = process.platform === "win32" ? "bun.exe" : "bun";
  for (const name of platformPackages()) {
    try {
      const path = join(dirname(fromBun.resolve(`${name}/package.json`)), "bin", file);
      if (isProgram(path)) return path;
    } catch {
      // Not the package of this machine: npm installs only the ones that fit.
    }
  }
  return undefined;
}

/** The path of Bun; asks Bun's own installer, which may need the network, only when there is no other way. */
function bunPath() {
  let bunFolder;
  try {
    bunFolder = dirname(require.resolve("bun/package.json"));
  } catch {
    throw new Error("The package `bun` is not installed. Run `npm ci` (or `npm install`) first.");
  }
  const found = findBun(bunFolder);
  if (found !== undefined) return found;
  spawnSync(process.execPath, ["install.js"], { cwd: bunFolder, stdio: ["ignore", "ignore", "inherit"] });
  const repaired = findBun(bunFolder);
  if (repaired !== undefined) return repaired;
  throw new Error(
    `No Bun binary for ${process.platform} ${process.arch}: looked for ${platformPackages().join(", ")}. ` +
      "Install without `--omit=optional`, on a platform that Bun supports.",
  );
}

/**
 * What Bun is to be told for a command of Millrace.
 * @param {string | undefined} command
 * @returns {Record<string, string>}
 */
const settingsFor = (command) => (command !== undefined && SHORT_COMMANDS.has(command) ? SHORT_RUN : {});

/**
 * Runs Bun with these arguments and ends as it ends.
 * @param {string[]} args
 * @param {Record<string, string>} settings for its environment, unless they are there
 */
function launch(args, settings = {}) {
  let path;
  try {
    path = bunPath();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
    return;
  }
  const limit = process.env.BUN_CONFIG_MAX_HTTP_REQUESTS || OUTGOING_REQUESTS_MAX;
  const env = { ...settings, ...process.env, BUN_CONFIG_MAX_HTTP_REQUESTS: limit };
  const child = spawn(path, args, { stdio: "inherit", env });
  // Ctrl-C in a terminal reaches the whole foreground group, so the child has it already; sent twice it would look
  // like an impatient second Ctrl-C. The handler stays, so that this process waits for the child to finish.
  /** @param {NodeJS.Signals} signal */
  const forward = (signal) => {
    if (signal !== "SIGINT" || !isatty(0)) child.kill(signal);
  };
  for (const signal of FORWARDED) process.on(signal, forward);
  child.on("error", (error) => {
    console.error(`Bun could not be started: ${error.message}`);
    process.exitCode = 1;
  });
  child.on("exit", (code, signal) => {
    for (const name of FORWARDED) process.off(name, forward);
    if (signal === null) process.exitCode = code;
    else process.kill(process.pid, signal);
  });
}

module.exports = { findBun, launch, platformPackages, settingsFor };
