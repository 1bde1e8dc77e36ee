// A repository of the shape of a large TypeScript monorepo, for where none is at hand: packages of files that import each other and speak of
// their package's words, and a history of small commits. The same each time.

import { seededRandom } from "../../src/base/index.ts";

const PACKAGES = 60;
const FILES = 4500;
const COMMITS = 220;
const FILES_PER_COMMIT = 30;
const FUNCTIONS = 18;
const SYLLABLES = [
  "con",
  "nect",
  "que",
  "ry",
  "mi",
  "grate",
  "sche",
  "ma",
  "cli",
  "ent",
  "ad",
  "apt",
  "er",
  "pool",
  "trans",
  "act",
  "field",
  "join",
];

/** Makes it in that empty folder, checked out. */
export async function generateRepository(folder: string): Promise<void> {
  const random = seededRandom(11);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random.next() * from.length)] as T;
  const word = () => Array.from({ length: 2 + Math.floor(random.next() * 2) }, () => pick(SYLLABLES)).join("");
  const vocabularies = Array.from({ length: PACKAGES }, () => Array.from({ length: 60 }, word));
  const pathOf = (file: number) => {
    const [first = "", second = ""] = vocabularies[file % PACKAGES] ?? [];
    return `packages/${first}-${file % PACKAGES}/src/${second}/${pick(vocabularies[file % PACKAGES] ?? [""])}-${file}.ts`;
  };
  const paths = Array.from({ length: FILES }, (_, file) => pathOf(file));
  const source = (file: number, edition: number): string => {
    const words = vocabularies[file % PACKAGES] ?? [];
    const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
    const name = (index: number) =>
      `${words[(file * 7 + index) % words.length]}${capital(words[(file + index * 3) % words.length] ?? "")}`;
    const others = [1, 2, 3].map((step) => (file + step * PACKAGES) % FILES);
    const imports = others.map((other) => `import { ${name(other % FUNCTIONS)}${other} } from "./${other}";`);
    const functions = Array.from({ length: FUNCTIONS }, (_, index) => {
      const [one, two] = [pick(words), pick(words)];
      return `/** Looks for the ${one} of a ${two}, and says whether it is ${edition}. */
export function ${name(index)}${file}(${one}: string, ${two}Count: number): boolean {
  const ${one}Found = ${name(index + 1)}${file}.length > ${two}Count && ${one} !== "${two}";
  if (${one}Found) throw new Error("The ${two} has no ${one}");
  return ${one}Found || ${one}.includes("${pick(words)}");
}`;
    });
    return `${imports.join("\n")}\n\n${functions.join("\n\n")}\n`;
  };
  const stream: string[] = [];
  const blob = (text: string) => `data ${Buffer.byteLength(text)}\n${text}\n`;
  for (let commit = 0; commit < COMMITS; commit++) {
    const message = `Change ${commit}`;
    stream.push(
      `commit refs/heads/main\ncommitter Ada <ada@example.com> ${1_700_000_000 + commit * 3600} +0000\n${blob(message)}`,
    );
    const changed =
      commit === 0 ? paths.keys() : Array.from({ length: FILES_PER_COMMIT }, () => Math.floor(random.next() * FILES));
    for (const file of changed) stream.push(`M 644 inline ${paths[file]}\n${blob(source(file, commit))}`);
  }
  const git = async (args: readonly string[], input?: string) => {
    const child = Bun.spawn(["git", "-C", folder, ...args], {
      stdin: input === undefined ? "ignore" : new Blob([input]),
      stdout: "ignore",
      stderr: "pipe",
    });
    const complaint = await new Response(child.stderr).text();
    if ((await child.exited) !== 0) throw new Error(`git ${args[0]}: ${complaint}`);
  };
  await git(["init", "-q", "-b", "main"]);
  await git(["fast-import", "--quiet"], stream.join(""));
  await git(["reset", "-q", "--hard"]);
}
