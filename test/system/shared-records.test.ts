// Records that developers share through a server: what one parsed, no other parses; whom they are given, and what the server takes.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../../src/base/index.ts";
import { apiRoutes } from "../../src/wire/index.ts";
import { ServerRecords, Workspace } from "../../src/workspace/index.ts";
import { type Millrace, startMillrace } from "../kit/millrace.ts";

const MAIN = new URL("../../src/cli/main.ts", import.meta.url).pathname;
const FILES = 1200;
const folder = mkdtempSync(join(tmpdir(), "millrace-sharing-"));
let millrace: Millrace;
const tokens: Record<string, string> = {};

beforeAll(async () => {
  mkdirSync(join(folder, "ada/src"), { recursive: true });
  for (let file = 0; file < FILES; file++) {
    writeFileSync(
      join(folder, `ada/src/part${file}.ts`),
      `export class Part${file} {\n  weigh(): number {\n    return ${file};\n  }\n}\n`,
    );
  }
  cpSync(join(folder, "ada"), join(folder, "ben"), { recursive: true });
  millrace = await startMillrace({
    config: {
      auth: { required: true },
      threads: { enabled: false },
      projects: [{ id: "app", tenants: ["acme"] }, { id: "open" }],
    },
  });
  for (const tenant of ["acme", "other"]) {
    const { token } = await millrace.token({ user: "ada", team: "mill", tenant });
    tokens[tenant] = token;
    writeFileSync(join(folder, `${tenant}.token`), `${token}\n`);
  }
});
afterAll(async () => {
  await millrace.stop();
  rmSync(folder, { recursive: true });
});

async function map(developer: string, ...flags: readonly string[]) {
  const command = [process.execPath, MAIN, "map", join(folder, developer), "--stats", "--query", "weigh part 7", ...flags];
  const child = Bun.spawn(command, { env: {}, stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const [out, err, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { code, out, err };
}

const sharing = (developer: string, tenant = "acme", url = millrace.url) => [
  ...["--cache", join(folder, `${developer}-cache`), "--share", url],
  ...["--project", "app", "--key-file", join(folder, `${tenant}.token`)],
];

test("what one developer parsed, a colleague with nothing of it parses no more, and gets the same map", async () => {
  const first = await map("ada", ...sharing("ada"));
  expect(first.err).toContain(`${FILES} parsed, 0 known`);
  const second = await map("ben", ...sharing("ben"));
  expect(second.err).toContain(`${FILES} source files: 0 parsed, ${FILES} known`);
  expect(second.out).toBe(first.out);
  // And without a cache of one's own.
  expect((await map("ben", "--no-cache", ...sharing("ben").slice(2))).err).toContain(`0 parsed, ${FILES} known`);
}, 60_000);

test("another project's records, another tenant and no token get nothing, which costs the map nothing but time", async () => {
  const parsed = `${FILES} parsed, 0 known`;
  const open = sharing("open").map((flag) => (flag === "app" ? "open" : flag));
  expect((await map("ben", ...open)).err).toContain(parsed);
  const foreign = await map("ben", ...sharing("foreign", "other"));
  expect(foreign.err).toContain(parsed);
  expect(foreign.err.match(/Nothing is shared: .*no such project/g)).toHaveLength(1);
  const nobody = await map("ben", ...sharing("nobody").slice(0, -2));
  expect(nobody.err).toContain("--key-file names a file");
  const away = await map("ben", ...sharing("away", "acme", "http://127.0.0.1:1"));
  expect(away.err).toContain("Nothing is shared: The server cannot be reached.");
  expect([open, foreign, nobody, away].map((each) => ("code" in each ? each.code : 0))).toEqual([0, 0, 0, 0]);
}, 60_000);

test("flags that do not go together, and a key file without a key, are told", async () => {
  expect((await map("ben", "--share", millrace.url)).err).toContain("--project ID");
  expect(await map("ben", "--share", "millrace.example.com", "--project", "app")).toMatchObject({ code: 2 });
  const [empty, missing] = [join(folder, "ada/src/part1.ts"), join(folder, "none")];
  for (const file of [empty, missing]) {
    expect((await map("ben", "--share", millrace.url, "--project", "app", "--key-file", file)).code).toBe(1);
  }
});

test("the server takes nothing that is no record, and says so", async () => {
  const send = async (method: string, body: Uint8Array<ArrayBuffer> | string, project = "app", token = tokens.acme) => {
    const headers = { authorization: `Bearer ${token}` };
    const answer = await fetch(`${millrace.url}/api/workspaces/records?project=${project}`, { method, body, headers });
    return { status: answer.status, json: (await answer.json()) as { error?: { code: string } } };
  };
  for (const method of ["POST", "PUT"]) {
    expect(await send(method, "rubbish")).toMatchObject({ status: 400, json: { error: { code: "invalid_request" } } });
    expect(await send(method, new Uint8Array(Bun.zstdCompressSync(new Uint8Array(200 * 1024 * 1024))))).toMatchObject({
      status: 400,
    });
    expect(await send(method, "rubbish", "app", tokens.other)).toMatchObject({ status: 404 });
    expect(await send(method, "rubbish", "nothing")).toMatchObject({ status: 404 });
    expect(await send(method, "rubbish", "")).toMatchObject({ status: 400 });
  }
  const stranger = new ServerRecords({ url: millrace.url, project: "app", token: tokens.acme ?? "", clock: systemClock });
  await stranger.put(new Map([["4.typescript.0123456789012345678901234567890123456789", new Uint8Array(100)]]));
  expect((await stranger.get(["4.typescript.0123456789012345678901234567890123456789"])).size).toBe(0);
  await stranger.close();
  await expect(stranger.get(["a"])).rejects.toMatchObject({ code: "store_unavailable" });
  expect(apiRoutes.workspaceRecordsKeep.answer.safeParse({ kept: 0, refused: 1 }).success).toBe(true);
});

test("a program shares as the commands do", async () => {
  const store = new ServerRecords({ url: millrace.url, project: "app", token: tokens.acme ?? "", clock: systemClock });
  const workspace = new Workspace({ folder: join(folder, "ben"), clock: systemClock, store, workersMax: 1 });
  await workspace.map({ budget: 256 });
  expect(workspace.stats()).toMatchObject({ parsed: 0, fromStore: FILES });
  await workspace.close();
  await store.close();
});
