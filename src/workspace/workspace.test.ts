import { afterEach, expect } from "bun:test";
import { linkSync, renameSync, rmSync, symlinkSync, utimesSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { systemClock } from "../base/index.ts";
import type { RecordStore } from "../ports/index.ts";
import { ScratchRepository, testWithGit } from "./git/testing.ts";
import { type MapOrder, Workspace } from "./workspace.ts";

const ended: (() => unknown)[] = [];

afterEach(async () => {
  for (const end of ended.splice(0)) await end();
});

function repository(): ScratchRepository {
  const made = ScratchRepository.create();
  ended.push(() => made.remove());
  return made;
}

function workspaceOf(folder: string, store?: RecordStore): Workspace {
  const workspace = new Workspace({ folder, clock: systemClock, workersMax: 1, ...(store ? { store } : {}) });
  ended.push(() => workspace.close());
  return workspace;
}

/** Keeps what it is given. */
function mapStore(): RecordStore {
  const kept = new Map<string, Uint8Array>();
  return {
    get: async (keys) =>
      new Map(keys.flatMap((key) => (kept.has(key) ? [[key, kept.get(key) ?? new Uint8Array()] as const] : []))),
    put: async (records) => {
      for (const [key, bytes] of records) kept.set(key, bytes);
    },
    close: async () => {},
  };
}

function filled(): ScratchRepository {
  const checkout = repository();
  checkout.write(
    "src/pool.ts",
    "export class ConnectionPool {\n  acquire(): Connection {\n    return new Connection();\n  }\n}\n",
  );
  checkout.write("src/connection.ts", "export class Connection {\n  close(): void {}\n}\n");
  checkout.write("src/render.py", "def render_page(title):\n    return title\n");
  checkout.write("README.md", "# Not a source file\n");
  checkout.write(".gitignore", "generated/\n");
  checkout.write("generated/pool.ts", "export class GeneratedPool {}\n");
  return checkout;
}

const order: MapOrder = { query: "why does the connection pool not acquire", budget: 500 };

testWithGit("the map of a question has what it is about first, and only what is not ignored", async () => {
  const checkout = filled();
  const answer = await workspaceOf(checkout.folder).map(order);
  expect(answer.files.map(({ path }) => path)).toEqual(["src/pool.ts", "src/connection.ts", "src/render.py"]);
  expect(answer.text).toContain("src/pool.ts:\n  1 export class ConnectionPool\n    2 acquire(): Connection\n");
  expect(answer.tokens).toBeLessThanOrEqual(500);
  expect(answer.stateId).toMatch(/^[0-9a-f]{64}$/);
});

testWithGit(
  "a change gives another state and what a fresh process would say; undone, the first state is back and nothing is parsed",
  async () => {
    const checkout = filled();
    checkout.commit();
    const workspace = workspaceOf(checkout.folder);
    const first = await workspace.map(order);
    checkout.write("src/pool.ts", "export class PoolOfThreads {}\n");
    const second = await workspace.map(order);
    expect(second.stateId).not.toBe(first.stateId);
    expect(second).toEqual(await workspaceOf(checkout.folder).map(order));
    expect(workspace.stats().parsed).toBe(4);
    checkout.git("checkout", "-q", "--", ".");
    expect(await workspace.map(order)).toEqual(first);
    expect(workspace.stats().parsed).toBe(4);
  },
);

testWithGit("branches, copies and other processes parse nothing that was parsed; a copy has the same state", async () => {
  const checkout = filled();
  checkout.commit();
  const store = mapStore();
  const first = await workspaceOf(checkout.folder, store).map(order);
  checkout.git("switch", "-qc", "other");
  checkout.write("src/render.py", "def render_other(title):\n    return title\n");
  checkout.commit();
  const workspace = workspaceOf(checkout.folder, store);
  await workspace.map(order);
  expect(workspace.stats()).toMatchObject({ parsed: 1, fromStore: 2, files: 3 });
  const copy = repository();
  copy.git("pull", "-q", checkout.folder, "main");
  const elsewhere = workspaceOf(copy.folder, store);
  expect(await elsewhere.map(order)).toEqual(first);
  expect(elsewhere.stats()).toMatchObject({ parsed: 0, fromStore: 3 });
});

testWithGit("links, other things and what is gone are no part of it; outside of git the same rules hold", async () => {
  const checkout = filled();
  const outside = repository();
  outside.write("secret.ts", "export const secretOfOthers = 1;\n");
  symlinkSync(join(outside.folder, "secret.ts"), join(checkout.folder, "src/link.ts"));
  symlinkSync(outside.folder, join(checkout.folder, "linked"));
  Bun.spawnSync(["mkfifo", join(checkout.folder, "src/pipe.ts")]);
  checkout.write("src/large.ts", `export const large = "${"x".repeat(5 * 1024 * 1024)}";\n`);
  const inGit = await workspaceOf(checkout.folder).map(order);
  expect(inGit.files.map(({ path }) => path)).toEqual(["src/pool.ts", "src/connection.ts", "src/render.py"]);
  rmSync(join(checkout.folder, ".git"), { recursive: true });
  expect(await workspaceOf(checkout.folder).map(order)).toEqual(inGit);
  const workspace = workspaceOf(checkout.folder);
  renameSync(join(checkout.folder, "src/pool.ts"), join(checkout.folder, "src/moved.ts"));
  expect((await workspace.map(order)).files[0]?.path).toBe("src/moved.ts");
});

testWithGit("files are listed and read as they are, within the folder alone", async () => {
  const checkout = filled();
  const workspace = workspaceOf(checkout.folder);
  const listed = await workspace.paths();
  expect(listed).toEqual([".gitignore", "README.md", "src/connection.ts", "src/pool.ts", "src/render.py"]);
  expect(await workspace.paths()).toBe(listed);
  expect(workspace.text("src/pool.ts", 2, 2)?.text).toBe("  acquire(): Connection {\n");
  checkout.write("src/pool.ts", "changed\n");
  expect(Buffer.from(workspace.read("src/pool.ts")).toString()).toBe("changed\n");
  expect(() => workspace.read("../secret")).toThrow("stays within it");
});

testWithGit("nothing to show is an empty map; what cannot be asked is refused; who leaves is not waited for", async () => {
  const empty = workspaceOf(repository().folder);
  expect(await empty.map({ budget: 64 })).toMatchObject({ text: "", tokens: 0, files: [] });
  await expect(empty.map({ budget: 63 })).rejects.toMatchObject({ code: "option_invalid" });
  expect(() => workspaceOf("/no/such/folder")).toThrow("There is no folder /no/such/folder.");
  const left = new Error("left");
  await expect(empty.map({ budget: 64 }, { signal: AbortSignal.abort(left) })).rejects.toBe(left);
  expect((await empty.map({ budget: 64 })).files).toEqual([]);
});

testWithGit("asked by many at once, each gets the map of its time", async () => {
  const checkout = filled();
  const workspace = workspaceOf(checkout.folder);
  const answers = await Promise.all(
    [order, { budget: 200 }, order, { budget: 200, focus: ["src/pool.ts"] }].map((each) => workspace.map(each)),
  );
  expect(answers[2]).toEqual(answers[0] as (typeof answers)[0]);
  expect(new Set(answers.map(({ stateId }) => stateId)).size).toBe(1);
  expect(answers[3]?.files[0]?.path).toBe("src/connection.ts");
  expect(workspace.stats().parsed).toBe(3);
});

testWithGit("whatever happened to the files, a held workspace answers as a fresh one", async () => {
  const names = ["a.ts", "b.ts", "c/d.py", "c/e.go"];
  const change = fc.record({
    file: fc.constantFrom(...names),
    how: fc.constantFrom("write", "same size", "remove", "rename", "commit", "back"),
    word: fc.constantFrom("alpha", "gamma", "delta", "omega"),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 6 }), async (changes) => {
      const checkout = repository();
      for (const name of names) checkout.write(name, sourceOf(name, "first"));
      checkout.commit();
      const workspace = workspaceOf(checkout.folder);
      for (const { file, how, word } of changes) {
        if (how === "write") checkout.write(file, `${sourceOf(file, word)}\n`);
        if (how === "same size") checkout.write(file, sourceOf(file, word));
        if (how === "remove") rmSync(join(checkout.folder, file), { force: true });
        if (how === "rename" && (await Bun.file(join(checkout.folder, file)).exists())) {
          renameSync(join(checkout.folder, file), join(checkout.folder, `c/${word}.ts`));
        }
        if (how === "commit") checkout.commit();
        if (how === "back") checkout.git("reset", "-q", "--hard", "HEAD");
        const ask = { query: word, budget: 200 };
        expect(await workspace.map(ask)).toEqual(await workspaceOf(checkout.folder).map(ask));
      }
    }),
    { numRuns: 12 },
  );
});

const sourceOf = (name: string, word: string): string =>
  name.endsWith(".py")
    ? `def ${word}(): pass`
    : name.endsWith(".go")
      ? `package c\nfunc ${word}() {}`
      : `export function ${word}() {}`;

for (const isWatched of [false, true]) {
  testWithGit(`globs and searches are of the files as they are, ${isWatched ? "watched" : "not watched"}`, async () => {
    const checkout = filled();
    const workspace = new Workspace({ folder: checkout.folder, clock: systemClock, workersMax: 1, isWatched });
    ended.push(() => workspace.close());
    const found = async () => (await workspace.grep({ pattern: "Connection", isLiteral: true })).matches.map(({ path }) => path);
    for (let round = 0; round < 2; round++) {
      expect(await workspace.glob("*.ts")).toEqual(["src/connection.ts", "src/pool.ts"]);
      expect(await found()).toEqual(["src/connection.ts", "src/pool.ts", "src/pool.ts", "src/pool.ts"]);
    }
    checkout.write("src/deep/more.ts", "export const more = new Connection();\n");
    checkout.write("src/pool.ts", "nothing\n");
    expect(await workspace.glob("src/**/*.ts")).toEqual(["src/connection.ts", "src/deep/more.ts", "src/pool.ts"]);
    expect(await found()).toEqual(["src/connection.ts", "src/deep/more.ts"]);
    checkout.write("README.md", "# Still no source file\n");
    const before = await workspace.map(order);
    renameSync(join(checkout.folder, "src/deep"), join(checkout.folder, "src/deeper"));
    expect(await found()).toEqual(["src/connection.ts", "src/deeper/more.ts"]);
    const after = await workspace.map(order);
    expect(after.stateId).not.toBe(before.stateId);
    expect(after).toEqual(await workspaceOf(checkout.folder).map(order));
  });
}

testWithGit("an index whose blobs are not what files contain is found out by the first file that is read", async () => {
  const checkout = repository();
  checkout.git("config", "filter.shout.clean", "tr a-z A-Z");
  checkout.write(".gitattributes", "*.ts filter=shout\n");
  checkout.write("a.ts", "export const quiet = 1;\n");
  utimesSync(join(checkout.folder, "a.ts"), 1_600_000_000, 1_600_000_000);
  checkout.commit();
  checkout.git("rm", "-q", ".gitattributes");
  const { text } = await workspaceOf(checkout.folder).map({ budget: 500 });
  expect(text).toBe("a.ts:\n  1 export const quiet = 1\n");
});

testWithGit("symbols are found by their name, then by names like it, as they are now", async () => {
  const checkout = filled();
  checkout.write("src/pools.ts", "export class Pool {\n  size = 1;\n}\nexport const POOL = 2;\nexport function drainPool() {}\n");
  const workspace = workspaceOf(checkout.folder);
  const { symbols, isComplete } = await workspace.symbols("Pool", 10);
  expect(symbols.map(({ path, name, line, parent }) => [path, name, line, parent])).toEqual([
    ["src/pools.ts", "Pool", 1, undefined],
    ["src/pools.ts", "POOL", 4, undefined],
    ["src/pool.ts", "ConnectionPool", 1, undefined],
    ["src/pools.ts", "drainPool", 5, undefined],
  ]);
  expect(isComplete).toBe(true);
  expect((await workspace.symbols("acquire", 1)).symbols).toMatchObject([{ parent: "ConnectionPool", kind: "method" }]);
  expect((await workspace.symbols("e", 2)).isComplete).toBe(false);
  checkout.write("src/pools.ts", "nothing\n");
  expect((await workspace.symbols("Pool", 10)).symbols.map(({ name }) => name)).toEqual(["ConnectionPool"]);
  await expect(workspace.symbols("", 1)).rejects.toMatchObject({ code: "option_invalid" });
});

testWithGit("references are the lines of code that have the name as a word, its definitions first", async () => {
  const checkout = filled();
  checkout.write(
    "src/user.ts",
    'import { Connection } from "./connection";\n// Connection of the user\nexport const user = new Connection();\n',
  );
  checkout.write("src/note.ts", "// Connection is only spoken of\nexport const Connections = 1;\n");
  const workspace = workspaceOf(checkout.folder);
  const found = await workspace.references("Connection", 10);
  expect(found.references.map(({ path, line, isDefinition }) => [path, line, isDefinition])).toEqual([
    ["src/connection.ts", 1, true],
    ["src/pool.ts", 2, false],
    ["src/pool.ts", 3, false],
    ["src/user.ts", 1, false],
    ["src/user.ts", 2, false],
    ["src/user.ts", 3, false],
  ]);
  expect(found).toMatchObject({ isComplete: true, stateId: (await workspace.map(order)).stateId });
  expect(await workspace.references("Connection", 2)).toMatchObject({ references: { length: 2 }, isComplete: false });
  checkout.write("src/connection.ts", "export class Link {}\n");
  expect((await workspace.references("Connection", 10)).references[0]).toMatchObject({
    path: "src/pool.ts",
    isDefinition: false,
  });
  for (const name of ["", "two words", "x".repeat(201)]) {
    await expect(workspace.references(name, 1)).rejects.toMatchObject({ code: "option_invalid" });
  }
});

testWithGit("the graph is of the files, manifests and names as they are now", async () => {
  const checkout = filled();
  checkout.write("package.json", '{ "name": "shop", "exports": "./src/pool.ts" }');
  checkout.write("src/user.ts", 'import { Connection } from "./connection";\nimport "shop";\nimport "./later";\n');
  const workspace = workspaceOf(checkout.folder);
  const edges = async () => (await workspace.graph()).edges.map(({ from, to }) => `${from} ${to}`);
  const first = await workspace.graph();
  expect(await edges()).toEqual(["src/user.ts src/connection.ts", "src/user.ts src/pool.ts"]);
  expect(first.missing.map(({ specifier }) => specifier)).toEqual(["./later"]);
  checkout.write("package.json", '{ "name": "shop", "exports": "./src/render.py" }');
  checkout.write("src/later.ts", 'import "./user";\n');
  const second = await workspace.graph();
  expect(await edges()).toEqual([
    "src/later.ts src/user.ts",
    "src/user.ts src/connection.ts",
    "src/user.ts src/later.ts",
    "src/user.ts src/render.py",
  ]);
  expect(second.cycles).toEqual([["src/later.ts", "src/user.ts"]]);
  checkout.write("package.json", '{ "name": "shop", "exports": "./src/pool.ts" }');
  rmSync(join(checkout.folder, "src/later.ts"));
  expect(await workspace.graph()).toEqual(first);
  const { nodes } = await workspace.graph({ paths: ["src/connection.ts"], direction: "importers", depth: 9 });
  expect(nodes.map(({ path }) => path)).toEqual(["src/connection.ts", "src/user.ts"]);
  await expect(workspace.graph({ paths: ["README.md"] })).rejects.toMatchObject({ code: "file_missing" });
});

testWithGit("a file that has another name outside may change by it: no watcher tells, and no answer is stale", async () => {
  const [checkout, outside] = [filled(), repository()];
  outside.write("shared.ts", "export class Before {}\n");
  linkSync(join(outside.folder, "shared.ts"), join(checkout.folder, "src/shared.ts"));
  const workspace = new Workspace({ folder: checkout.folder, clock: systemClock, workersMax: 1, isWatched: true });
  ended.push(() => workspace.close());
  const found = async (name: string) => {
    const { matches } = await workspace.grep({ pattern: name, isLiteral: true });
    const { symbols } = await workspace.symbols(name, 5);
    return [matches.length, symbols.length];
  };
  for (let round = 0; round < 2; round++) expect(await found("Before")).toEqual([1, 1]);
  outside.write("shared.ts", "export class Afters {}\n");
  expect([await found("Before"), await found("Afters")]).toEqual([
    [0, 0],
    [1, 1],
  ]);
});
