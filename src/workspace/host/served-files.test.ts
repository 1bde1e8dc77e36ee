import { afterEach, describe, expect, test } from "bun:test";
import { linkSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { MillraceError, systemClock } from "../../base/index.ts";
import { blobOf } from "../state/contents.ts";
import { ServedFiles } from "./served-files.ts";
import { rootKind } from "./workspace-root.ts";

const made: string[] = [];
afterEach(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function scratch(): { folder: string; write(path: string, text: string): void } {
  const folder = mkdtempSync(join(tmpdir(), "millrace-served-"));
  made.push(folder);
  return {
    folder,
    write(path, text) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    },
  };
}

const filesOf = (folder: string) => new ServedFiles({ folder, clock: systemClock, bytesMax: 1 << 20 });

function codeOf(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    if (MillraceError.is(error)) return error.code;
    throw error;
  }
  return "read";
}

describe("files that are served", () => {
  test("are what is there now, with the id of it; held ones are the same object", () => {
    const { folder, write } = scratch();
    write("root/a", "one");
    const files = filesOf(join(folder, "root"));
    const first = files.read("a");
    expect([Buffer.from(first.bytes).toString(), first.blob]).toEqual(["one", blobOf(Buffer.from("one"))]);
    expect(files.read("a").bytes).toBe(first.bytes);
    write("root/a", "two");
    expect(files.read("a").blob).toBe(blobOf(Buffer.from("two")));
    rmSync(join(folder, "root/a"));
    expect(codeOf(() => files.read("a"))).toBe("file_missing");
  });

  test("are none of what git keeps, however it is reached and whenever it came there", () => {
    const { folder, write } = scratch();
    write("root/.git/config", "password");
    write("root/part/.GIT/config", "password");
    write("root/src/a", "fine");
    write("root/src/.gitignore", "fine");
    write("root/src/.github/a", "fine");
    for (const [name, target] of Object.entries({
      config: ".git/config",
      kept: ".git",
      deep: "src/again",
      "src/again": "../kept",
    })) {
      symlinkSync(target, join(folder, "root", name));
    }
    const files = filesOf(join(folder, "root"));
    const kept = [".git/config", "part/.GIT/config", "config", "kept/config", "deep/config", "src/again/config"];
    expect(kept.map((path) => codeOf(() => files.read(path)))).toEqual(kept.map(() => "path_outside"));
    const fine = ["src/a", "src/.gitignore", "src/.github/a"];
    expect(fine.map((path) => codeOf(() => files.read(path)))).toEqual(fine.map(() => "read"));
    rmSync(join(folder, "root/src/a"));
    symlinkSync("../.git/config", join(folder, "root/src/a"));
    expect(codeOf(() => files.read("src/a"))).toBe("path_outside");
  });

  test("are none of a mirror, also where a checkout was before", () => {
    const { folder, write } = scratch();
    write("root/config", "fine");
    const files = filesOf(join(folder, "root"));
    expect(codeOf(() => files.read("config"))).toBe("read");
    renameSync(join(folder, "root"), join(folder, "before"));
    for (const path of ["HEAD", "objects/a", "refs/a", "config"]) write(`root/${path}`, "password");
    expect(rootKind(join(folder, "root"))).toBe("mirror");
    expect(codeOf(() => files.read("config"))).toBe("file_missing");
  });

  test("may come later than their folder, and again after it was away", () => {
    const { folder, write } = scratch();
    const root = join(folder, "root");
    const files = filesOf(root);
    expect([rootKind(root), codeOf(() => files.read("a"))]).toEqual(["missing", "file_missing"]);
    write("root/a", "one");
    expect([rootKind(root), files.read("a").blob]).toEqual(["folder", blobOf(Buffer.from("one"))]);
    rmSync(root, { recursive: true });
    expect([rootKind(root), codeOf(() => files.read("a"))]).toEqual(["missing", "file_missing"]);
    write("root/a", "two");
    expect(files.read("a").blob).toBe(blobOf(Buffer.from("two")));
  });
});

test("no path made of what paths are made of gives a byte from outside", () => {
  const { folder, write } = scratch();
  const secret = "outside";
  write("outside/secret", secret);
  write("secret", secret);
  write("root/.git/secret", secret);
  write("root/a/b", "inside");
  write("root/secret/a", "inside");
  symlinkSync("..", join(folder, "root/up"));
  symlinkSync(folder, join(folder, "root/a/top"));
  symlinkSync("../outside", join(folder, "root/a/out"));
  symlinkSync("a", join(folder, "root/in"));
  linkSync(join(folder, "root/a/b"), join(folder, "root/hard"));
  const files = filesOf(join(folder, "root"));
  const part = fc.constantFrom(
    ...[
      "a",
      "b",
      "secret",
      "outside",
      "root",
      "up",
      "top",
      "out",
      "in",
      "hard",
      ".git",
      ".GIT",
      "..",
      ".",
      "",
      "~",
      "%2e%2e",
      "..\\..",
    ],
    ...["\0", "...", " ", "/etc/passwd", folder, "C:", "a\n", "\u2215", "．．"],
  );
  let read = 0;
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 6 }), (parts) => {
      const path = parts.join("/");
      const outcome = codeOf(() => {
        const text = Buffer.from(files.read(path).bytes).toString();
        expect([path, text]).toEqual([path, "inside"]);
        read++;
      });
      expect(["read", "path_outside", "file_missing", "file_not_regular"]).toContain(outcome);
    }),
    {
      numRuns: 5000,
      examples: [[["a", "b"]], [["in", "b"]], [["up", "secret"]], [["a", "out", "secret"]], [["up", "root", "a", "b"]]],
    },
  );
  expect(read).toBeGreaterThan(2);
});
