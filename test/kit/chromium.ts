// Debian's Chromium for browser tests, without any traffic of its own. Installed once with apt-get where that is allowed.

import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";
import { type Found, installPackage } from "./engines.ts";

const PROGRAM = "/usr/bin/chromium";
const QUIET = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  // Whatever it would still like to ask has no address.
  "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
];

export async function startChromium(): Promise<Found<Browser>> {
  const problem = existsSync(PROGRAM) ? undefined : await installPackage("chromium");
  if (!existsSync(PROGRAM)) return { kind: "missing", reason: problem ?? "chromium is not there after apt-get" };
  return { kind: "ready", engine: await chromium.launch({ executablePath: PROGRAM, args: QUIET }) };
}
