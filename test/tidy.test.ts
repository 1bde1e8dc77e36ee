// The house rules, held against every file of the repository. Each rule is a function with tests of its own in
// test/tidy/; a message says where, what is wrong and what to do instead.

import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import * as code from "./tidy/code-rules.ts";
import * as exceptions from "./tidy/exceptions.ts";
import * as file from "./tidy/file-rules.ts";
import * as imports from "./tidy/import-rules.ts";
import { longFunctions } from "./tidy/long-functions.ts";
import { repositoryFiles } from "./tidy/repository-files.ts";
import { inSource, isTest, type Rule } from "./tidy/rule.ts";
import { readSource, type SourceFile } from "./tidy/scan.ts";

const ROOT = join(import.meta.dir, "..");
const paths = repositoryFiles(ROOT);
const exists = (path: string) => existsSync(join(ROOT, path));
const read = (path: string) => readFileSync(join(ROOT, path), "utf8");
const all: SourceFile[] = paths.filter((path) => /\.(?:tsx?|js)$/.test(path)).map((path) => readSource(path, read(path)));
const source = all.filter((entry) => inSource(entry.path));
const production = source.filter((entry) => !isTest(entry.path));
const manifest = JSON.parse(read("package.json"));
const dependencies = Object.keys(manifest.dependencies);

const hold = (name: string, rule: Rule, files: readonly SourceFile[]) => {
  test(name, () => {
    expect(rule(files)).toEqual([]);
  });
};

test("the repository's files are found", () => {
  expect(production.length).toBeGreaterThan(10);
  expect(paths).toContain("package.json");
});

describe("walls", () => {
  hold("every source file is in a room of the table", imports.roomsAreListed, source);
  hold("imports follow the table", imports.importsFollowTheTable, source);
  hold("other rooms are entered by their door", imports.doorsOnly, all);
  hold(
    "imports name whole files inside the repository",
    imports.importsNameFiles,
    all.filter((entry) => !entry.path.startsWith("bin/")),
  );
  hold("no import cycles", imports.noCycles, all);
  hold("platform modules only where Bun runs", imports.platformOnlyOnBun, source);
  hold("packages are dependencies", imports.packagesAreDependencies(dependencies), source);
  hold("rooms have doors, mechanisms a page", file.roomsAreComplete(exists), source);
});

describe("code", () => {
  hold("the environment is read in one file", code.environmentOnlyInConfig, all);
  hold("only shells write to the console", code.consoleOnlyInShells, all);
  hold("time, chance and ids are arguments", code.timeAndChanceAreArguments, all);
  hold("neutral rooms use no platform globals", code.noPlatformGlobals, all);
  hold("no default exports", code.noDefaultExports, all);
  hold("no star exports", code.noStarExports, all);
  hold("nothing unfinished", code.nothingUnfinished, all);
  hold("no any", code.noAny, all);
  hold("tests run with all others, once, and never sleep", code.testsAreHonest, all);
  hold("modules keep no state", code.noModuleState, all);
});

describe("files", () => {
  hold("names are kebab-case", file.namesAreKebabCase, all);
  hold("no drawers", file.noDrawers, all);
  hold(
    "each opens with its job",
    file.filesOpenWithTheirJob,
    all.filter((entry) => !isTest(entry.path)),
  );
  hold("the median is low", file.medianIsLow, production);

  test("long files are those excepted, no more and no fewer", () => {
    expect(exceptions.compare(file.filesAreShort(all), exceptions.longFiles)).toEqual([]);
  });
  test("long functions are those excepted, no more and no fewer", () => {
    expect(exceptions.compare(longFunctions(ROOT), exceptions.longFunctions)).toEqual([]);
  });
});

describe("handed on", () => {
  const text = (path: string) => ({ path, text: read(path) });
  const readable = paths.filter(
    (path) => !path.startsWith("test/tidy") && /(?:\.(?:\w{1,4}|jsonc?|yaml)|^[A-Z]+|\/\w+)$/.test(path),
  );

  test("no file names a folder of this machine", () => {
    expect(file.machinePathsIn(readable.map(text), [ROOT, homedir()])).toEqual([]);
  });
  test("no file names a registry's host", () => {
    expect(file.registryHostsIn(readable.map(text))).toEqual([]);
    expect(read(".npmrc")).toContain("omit-lockfile-registry-resolved=true");
  });

  test("every dependency has a line that says what it replaces, and an exact version", () => {
    const every = { ...manifest.dependencies, ...manifest.devDependencies };
    expect(file.unexplained(Object.keys(every), read("docs/decisions/0003-dependencies.md"))).toEqual([]);
    expect(Object.values(every).filter((version) => !/^\d+\.\d+\.\d+$/.test(String(version)))).toEqual([]);
  });

  for (const page of ["README.md", "ARCHITECTURE.md"]) {
    const name = `${page} names every room`;
    test.skipIf(!exists(page))(exists(page) ? name : `skipped: ${name} (the page is not written yet)`, () => {
      expect(file.roomsNotIn(read(page), production)).toEqual([]);
    });
  }
});
