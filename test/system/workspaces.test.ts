// Workspaces over HTTP, through the whole server: what they answer, whom, and what nobody gets out of them.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type ApiRouteName, apiRoutes } from "../../src/wire/index.ts";
import { type Millrace, startMillrace } from "../kit/millrace.ts";

const hasGit = Bun.which("git") !== null;
const SECRET = "what nobody is to read";
const folder = mkdtempSync(join(tmpdir(), "millrace-workspaces-"));
const app = join(folder, "checkouts/app");
let millrace: Millrace;
let [first, second] = ["", ""];
const keys: Record<string, string> = {};

function write(path: string, content: string | Uint8Array): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), content);
}

function git(...args: string[]): string {
  const { exitCode, stdout, stderr } = Bun.spawnSync([
    "git",
    "-C",
    app,
    "-c",
    "user.name=Ada",
    "-c",
    "user.email=a@b.c",
    ...args,
  ]);
  if (exitCode !== 0) throw new Error(stderr.toString());
  return stdout.toString().trim();
}

const QUEUE = "export class FairQueue {\n  admit(): boolean {\n    return true;\n  }\n}\n";

beforeAll(async () => {
  if (!hasGit) return;
  write("checkouts/app/src/queue.ts", QUEUE);
  write("checkouts/app/src/page.ts", 'import { FairQueue } from "./queue";\nexport const page = new FairQueue();\n');
  write("checkouts/app/src/ü ?.txt", "eins\r\nzwei\ndrei");
  write("checkouts/app/bytes", Uint8Array.of(0, 255, 1, 254));
  write("checkouts/app/page.html", "<script>alert(1)</script>");
  write("checkouts/app/.gitignore", "/ignored\n");
  git("init", "-q", "-b", "main");
  git("add", "-A");
  git("commit", "-q", "-m", "One");
  first = git("rev-parse", "HEAD");
  git("clone", "-q", "--bare", ".", join(folder, "mirror.git"));
  write("checkouts/app/src/queue.ts", QUEUE.replace("FairQueue", "UnfairQueue"));
  git("commit", "-q", "-a", "-m", "Two");
  second = git("rev-parse", "HEAD");
  write("checkouts/app/src/queue.ts", QUEUE);
  write("outside/secret", SECRET);
  write("plain/a.ts", "export const a = 1;\n");
  for (const [name, target] of [
    ...[["absolute", join(folder, "outside/secret")] as const, ["relative", "../../outside/secret"] as const],
    ...[["folder", "../../outside"] as const, ["loop", "loop"] as const, ["passwd", "/etc/passwd"] as const],
    ...[["config", ".git/config"] as const, ["inside", "src/queue.ts"] as const],
  ]) {
    symlinkSync(target, join(app, name));
  }
  Bun.spawnSync(["mkfifo", join(app, "pipe")]);
  millrace = await startMillrace({
    config: {
      auth: { required: true },
      threads: { enabled: false, requestsPerMinute: 500 },
      workspaces: [
        { id: "app", path: "checkouts/app" },
        { id: "core", path: join(folder, "mirror.git"), tenants: ["acme"] },
        { id: "plain", path: "plain", tenants: ["acme", "other"] },
        { id: "gone", path: "nowhere" },
      ],
      dataDir: join(folder, "data"),
    },
    dataDir: folder,
  });
  for (const tenant of ["acme", "other", "third"]) {
    keys[tenant] = (await millrace.token({ user: "ada", team: "core", tenant })).token;
  }
});
afterAll(async () => {
  await millrace?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const ask = (path: string, headers: Record<string, string> = {}, tenant = "acme") =>
  fetch(`${millrace.url}${path}`, { redirect: "manual", headers: { authorization: `Bearer ${keys[tenant]}`, ...headers } });
const file = (path: string, more = "") => ask(`/api/workspaces/app/file?path=${encodeURIComponent(path)}${more}`);

async function answered<Answer>(name: ApiRouteName, path: string): Promise<Answer> {
  const answer = await ask(path);
  const route = apiRoutes[name];
  const json: unknown = await answer.json();
  if (answer.status !== 200 || !("answer" in route)) throw new Error(`${answer.status}: ${JSON.stringify(json)}`);
  expect(route.answer.parse(json) as unknown).toEqual(json);
  return json as Answer;
}

async function refused(path: string, tenant = "acme"): Promise<[number, string]> {
  const answer = await ask(path, {}, tenant);
  const text = await answer.text();
  expect(text).not.toContain(folder);
  expect(text).not.toContain(SECRET);
  return [answer.status, (JSON.parse(text) as { error: { code: string } }).error.code];
}

describe.skipIf(!hasGit)(hasGit ? "workspaces" : "skipped: workspaces (git is not on this machine)", () => {
  test("are listed as far as the caller may read them, and are not there for others", async () => {
    const all = await answered<{ workspaces: unknown[] }>("listWorkspaces", "/api/workspaces");
    expect(all.workspaces).toEqual([
      { id: "app", kind: "checkout" },
      { id: "core", kind: "mirror" },
      { id: "plain", kind: "folder" },
      { id: "gone", kind: "missing" },
    ]);
    const ids = async (tenant: string) =>
      ((await (await ask("/api/workspaces", {}, tenant)).json()) as typeof all).workspaces.map(
        (each) => Object.values(each as object)[0],
      );
    expect([await ids("other"), await ids("third")]).toEqual([
      ["app", "plain", "gone"],
      ["app", "gone"],
    ]);
    for (const path of ["file?path=a.ts", "glob?pattern=*", "grep?q=a", "map"]) {
      expect(await refused(`/api/workspaces/plain/${path}`, "third")).toEqual([404, "not_found"]);
      expect(await refused(`/api/workspaces/none/${path}`)).toEqual([404, "not_found"]);
      expect(await refused(`/api/workspaces/gone/${path}`)).toEqual([503, "unavailable"]);
      const nobody = await fetch(`${millrace.url}/api/workspaces/app/${path}`);
      expect([nobody.status, (await nobody.text()).includes('"authentication"')]).toEqual([401, true]);
    }
    expect(await refused(`/api/assets/repomap?repository=core&commit=${first}`, "other")).toEqual([404, "not_found"]);
  });

  test("threads are off, and their routes are not there", async () => {
    expect(await refused("/api/threads")).toEqual([404, "not_found"]);
  });

  describe("file", () => {
    test("gives the bytes as they are now, with the content's id, and nothing when that is known", async () => {
      for (const [path, content] of [
        ["src/queue.ts", QUEUE],
        ["src/ü ?.txt", "eins\r\nzwei\ndrei"],
        ["inside", QUEUE],
      ] as const) {
        const answer = await file(path);
        expect([path, answer.status, await answer.text()]).toEqual([path, 200, content]);
        expect(answer.headers.get("etag")).toBe(`"${git("hash-object", "--no-filters", path)}"`);
      }
      expect([...(await (await file("bytes")).bytes())]).toEqual([0, 255, 1, 254]);
      const path = "/api/workspaces/app/file?path=changing.ts";
      write("checkouts/app/changing.ts", "1");
      const tag = (await ask(path)).headers.get("etag") ?? "";
      for (const known of [tag, `W/${tag}`, `"x", ${tag}`, "*"]) {
        const same = await ask(path, { "if-none-match": known });
        expect([known, same.status, same.headers.get("etag"), await same.text()]).toEqual([known, 304, tag, ""]);
      }
      for (let change = 2; change < 20; change++) {
        write("checkouts/app/changing.ts", `${change % 10}`);
        const answer = await ask(path, { "if-none-match": tag });
        expect([answer.status, await answer.text()]).toEqual(change % 10 === 1 ? [304, ""] : [200, `${change % 10}`]);
      }
      rmSync(join(app, "changing.ts"));
      expect(await refused(path)).toEqual([404, "not_found"]);
    });

    test("gives lines as text, whatever line ends there are; binary files have none", async () => {
      const lines = async (more: string) => (await file("src/ü ?.txt", more)).text();
      expect(await lines("&from=2&to=2")).toBe("zwei\n");
      expect(await lines("&to=1")).toBe("eins\r\n");
      expect(await lines("&from=3")).toBe("drei");
      expect(await lines("&from=9")).toBe("");
      expect((await file("src/queue.ts", "&from=1")).headers.get("content-type")).toBe("text/plain; charset=utf-8");
      expect(await refused("/api/workspaces/app/file?path=bytes&from=1")).toEqual([400, "invalid_request"]);
      expect(await refused("/api/workspaces/app/file?path=src/queue.ts&from=0")).toEqual([400, "invalid_request"]);
    });

    test("is no page that a browser would run", async () => {
      const { headers } = await file("page.html");
      expect(headers.get("content-type")).toBe("application/octet-stream");
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("content-security-policy")).toContain("sandbox");
    });

    test.each([
      ...["../outside/secret", "../../outside/secret", "src/../../../outside/secret", "/etc/passwd", "..", ".", "src/./queue.ts"],
      ...["src//queue.ts", "src/", "absolute", "relative", "folder/secret", "passwd", "a\0b", "%2e%2e/outside", "..%2foutside"],
      ...[".git/config", ".GIT/config", ".git", "config", "folder/../../../outside/secret", "\\..\\outside", "loop"],
    ])("does not give %p", async (path) => {
      const [status, code] = await refused(`/api/workspaces/app/file?path=${encodeURIComponent(path)}`);
      expect([
        [403, "permission"],
        [404, "not_found"],
        [400, "invalid_request"],
      ]).toContainEqual([status, code]);
    });

    test("waits for no pipe, reads no folder, and says nothing of what is outside", async () => {
      expect(await refused("/api/workspaces/app/file?path=pipe")).toEqual([400, "invalid_request"]);
      expect(await refused("/api/workspaces/app/file?path=src")).toEqual([400, "invalid_request"]);
      for (const path of ["/dev/zero", "config", "relative", "folder/secret", ".git/config"]) {
        expect([path, await refused(`/api/workspaces/app/file?path=${path}`)]).toEqual([path, [403, "permission"]]);
      }
    });

    test("a link is followed as it leads now", async () => {
      symlinkSync("src/queue.ts", join(app, "turning"));
      expect(await (await file("turning")).text()).toBe(QUEUE);
      symlinkSync(join(folder, "outside/secret"), join(app, "turned"));
      renameSync(join(app, "turned"), join(app, "turning"));
      expect(await refused("/api/workspaces/app/file?path=turning")).toEqual([403, "permission"]);
      rmSync(join(app, "turning"));
    });

    test("a mirror has none, not even its own", async () => {
      for (const path of ["config", "HEAD", "packed-refs", "objects"]) {
        expect(await refused(`/api/workspaces/core/file?path=${path}`)).toEqual([400, "invalid_request"]);
      }
      for (const path of ["glob?pattern=**", "grep?q=remote", "map"]) {
        expect(await refused(`/api/workspaces/core/${path}`)).toEqual([400, "invalid_request"]);
      }
    });
  });

  test("glob and grep answer as the workspace does, up to the limit", async () => {
    interface Paths {
      paths: string[];
      isComplete: boolean;
    }
    const glob = (query: string) => answered<Paths>("workspaceGlob", `/api/workspaces/app/glob?pattern=${query}`);
    expect(await glob("src/**/*.ts")).toEqual({ paths: ["src/page.ts", "src/queue.ts"], isComplete: true });
    expect(await glob("src/*&limit=1")).toEqual({ paths: ["src/page.ts"], isComplete: false });
    expect((await glob("**")).paths).not.toContain(".git/config");
    interface Grep {
      matches: { path: string; line: number; column: number; text: string }[];
      isComplete: boolean;
    }
    const grep = (query: string) => answered<Grep>("workspaceGrep", `/api/workspaces/app/grep?${query}`);
    const { matches } = await grep("q=FairQueue");
    expect(matches.map(({ path, line, column }) => [path, line, column])).toEqual([
      ["src/page.ts", 1, 10],
      ["src/page.ts", 2, 25],
      ["src/queue.ts", 1, 14],
    ]);
    expect((await grep("q=fairqueue&case=smart&limit=1")).isComplete).toBe(false);
    expect((await grep("q=fair.*%5C%7B$&regex=true&case=insensitive")).matches).toHaveLength(1);
    expect((await grep("q=Fair&word=true")).matches).toEqual([]);
    expect((await grep("q=FairQueue&glob=!src/page.ts")).matches).toHaveLength(1);
    expect((await grep(`q=${SECRET.slice(0, 8)}`)).matches).toEqual([]);
    expect(await refused("/api/workspaces/app/grep?q=(&regex=true")).toEqual([400, "invalid_request"]);
    expect(await refused("/api/workspaces/app/grep")).toEqual([400, "invalid_request"]);
    expect(await refused("/api/workspaces/app/glob?pattern=%5B")).toEqual([400, "invalid_request"]);
  });

  test("symbols are found by name, the same name first", async () => {
    const { symbols, isComplete } = await answered<{
      symbols: { path: string; line: number; kind: string }[];
      isComplete: boolean;
    }>("workspaceSymbols", "/api/workspaces/app/symbols?name=fairqueue");
    expect(symbols[0]).toMatchObject({ path: "src/queue.ts", line: 1, kind: "class" });
    expect(isComplete).toBe(true);
    expect(await refused("/api/workspaces/app/symbols")).toEqual([400, "invalid_request"]);
  });

  test("the graph says which file imports which, as JSON or as a picture's text", async () => {
    interface Graph {
      nodes: { path: string; depth: number }[];
      edges: { from: string; to: string; count: number }[];
    }
    const graph = (query: string) => answered<Graph>("workspaceGraph", `/api/workspaces/app/graph${query}`);
    expect((await graph("")).edges).toEqual([{ from: "src/page.ts", to: "src/queue.ts", count: 1 }]);
    expect((await graph("?path=src/queue.ts&direction=importers&depth=9")).nodes).toMatchObject([
      { path: "src/page.ts", depth: 1 },
      { path: "src/queue.ts", depth: 0 },
    ]);
    expect((await graph("?path=src/queue.ts&direction=imports")).edges).toEqual([]);
    expect((await graph("?folders=1")).nodes.map(({ path }) => path)).toEqual(["src"]);
    const picture = await ask("/api/workspaces/app/graph?format=dot");
    expect([picture.status, picture.headers.get("content-type")]).toEqual([200, "text/plain; charset=utf-8"]);
    expect(await picture.text()).toContain('"src/page.ts" -> "src/queue.ts";');
    expect(await (await ask("/api/workspaces/app/graph?format=mermaid")).text()).toContain("n0 --> n1");
    expect(await refused("/api/workspaces/app/graph?path=src/gone.ts")).toEqual([404, "not_found"]);
    for (const query of ["depth=0", "direction=up", "format=svg", "limit=0"]) {
      expect(await refused(`/api/workspaces/app/graph?${query}`)).toEqual([400, "invalid_request"]);
    }
  });

  test("maps are of the files as they are, and follow a change at once", async () => {
    interface Map {
      text: string;
      tokens: number;
      stateId: string;
    }
    const map = (query: string) => answered<Map>("workspaceMap", `/api/workspaces/app/map?${query}`);
    const before = await map("query=when+does+the+queue+admit&budget=100");
    expect(before.text).toStartWith("src/queue.ts:\n  1 export class FairQueue\n");
    expect(before.tokens).toBeLessThanOrEqual(100);
    write("checkouts/app/src/queue.ts", QUEUE.replace("FairQueue", "OtherQueue"));
    const after = await map("query=when+does+the+queue+admit&budget=100");
    expect(after.text).toStartWith("src/queue.ts:\n  1 export class OtherQueue\n");
    write("checkouts/app/src/queue.ts", QUEUE);
    expect(await map("query=when+does+the+queue+admit&budget=100")).toEqual(before);
    expect((await map("focus=src/page.ts,docs")).text).not.toContain("page.ts");
    expect(await answered<Map>("workspaceMap", "/api/workspaces/plain/map")).toMatchObject({
      text: expect.stringContaining("a.ts"),
    });
    for (const query of ["budget=63", "budget=1e9", "budget=x", "bugdet=100"]) {
      expect(await refused(`/api/workspaces/app/map?${query}`)).toEqual([400, "invalid_request"]);
    }
  });

  describe("repomap", () => {
    const repomap = (query: string, headers = {}) => ask(`/api/assets/repomap?${query}`, headers);

    test("by commit is the same from a mirror and a checkout, for good, and known by its tag", async () => {
      const answer = await repomap(`repository=core&commit=${first}&query=the+queue`);
      const map: unknown = await answer.json();
      expect([answer.status, answer.headers.get("cache-control")]).toEqual([200, "private, max-age=31536000, immutable"]);
      expect(apiRoutes.repomap.answer.parse(map)).toEqual(map as never);
      expect(map).toMatchObject({ text: expect.stringContaining("export class FairQueue") });
      const there = await repomap(`repository=app&commit=${first}&query=the+queue`);
      const tag = answer.headers.get("etag") ?? "";
      expect([await there.json(), there.headers.get("etag")]).toEqual([map, tag]);
      const known = await repomap(`repository=core&commit=${first}&query=the+queue`, { "if-none-match": tag });
      expect([known.status, await known.text()]).toEqual([304, ""]);
      const next = await repomap(`repository=app&commit=${second}&query=the+queue`);
      expect(await next.json()).toMatchObject({ text: expect.stringContaining("export class UnfairQueue") });
    });

    test("by another name leads to the commit that it means now, and is kept by nobody", async () => {
      for (const name of [first.slice(0, 8), "main", "HEAD", first.toUpperCase()]) {
        const answer = await repomap(`repository=core&commit=${name}&budget=100&focus=src/a.ts&query=x%26y`);
        expect([name, answer.status, answer.headers.get("cache-control")]).toEqual([name, 302, "no-store"]);
        const location = new URL(answer.headers.get("location") ?? "", `${millrace.url}/api/assets/repomap`);
        expect([location.origin, location.pathname]).toEqual([millrace.url, "/api/assets/repomap"]);
        const asked = { repository: "core", commit: first, budget: "100", focus: "src/a.ts", query: "x&y" };
        expect(Object.fromEntries(location.searchParams)).toEqual(asked);
      }
    });

    test("of what is no commit is refused, and options are names of nothing", async () => {
      expect(await refused(`/api/assets/repomap?repository=core&commit=${second}`)).toEqual([404, "not_found"]);
      expect(await refused("/api/assets/repomap?repository=core&commit=other")).toEqual([404, "not_found"]);
      for (const name of ["--all", "main^", "main:src", "-h", "a b"]) {
        const path = `/api/assets/repomap?repository=core&commit=${encodeURIComponent(name)}`;
        expect([name, await refused(path)]).toEqual([name, [400, "invalid_request"]]);
      }
      expect(await refused(`/api/assets/repomap?repository=plain&commit=${first}`)).toEqual([400, "invalid_request"]);
      expect(await refused("/api/assets/repomap?repository=core")).toEqual([400, "invalid_request"]);
    });
  });

  test("what was asked is counted, and a file that did not change is read once", async () => {
    const read = () => millrace.metric('millrace_workspace_file_reads_total{workspace="plain"}');
    const before = await read();
    for (let turn = 0; turn < 5; turn++) await ask("/api/workspaces/plain/file?path=a.ts");
    expect((await read()) - before).toBe(1);
    expect(await millrace.metric('millrace_workspace_file_hits_total{workspace="plain"}')).toBe(4);
    expect(await millrace.metric('millrace_workspace_asks_total{workspace="core"}')).toBeGreaterThan(0);
    expect(await millrace.metric('millrace_workspace_asks{workspace="core"}')).toBe(0);
  });

  test("nothing went wrong that the log would tell of", () => {
    expect(millrace.lines().filter(({ level }) => level === "error" || level === "warn")).toEqual([]);
  });
});
