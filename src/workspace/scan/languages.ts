// Which language a file is in, by its extension, its name or its first line. Knows programming languages only: data,
// prose, styles and markup are no source files and have no language here.

import type { Language } from "./record.ts";

const EXTENSIONS: Readonly<Record<Language, string>> = {
  typescript: "ts mts cts",
  tsx: "tsx",
  javascript: "js mjs cjs jsx es6",
  python: "py pyi pyw",
  go: "go",
  java: "java",
  kotlin: "kt kts",
  csharp: "cs csx",
  c: "c",
  // A header may be either; what reads C++ reads C too.
  cpp: "cc cpp cxx c++ h hh hpp hxx h++ inl ipp tpp cu cuh",
  rust: "rs",
  ruby: "rb rake gemspec ru podspec",
  php: "php phtml php3 php4 php5 phps inc",
  swift: "swift",
  scala: "scala sc sbt",
  shell: "sh bash zsh ksh bats",
  dart: "dart",
  elisp: "el",
  elixir: "ex exs",
  elm: "elm",
  lua: "lua",
  objc: "m mm",
  ocaml: "ml mli",
  rescript: "res resi",
  solidity: "sol",
  zig: "zig",
  graphql: "graphql gql graphqls",
  protobuf: "proto",
  sql: "sql",
  svelte: "svelte",
  vue: "vue",
};

/** Names without a telling extension, in lower case. */
const FILE_NAMES: Readonly<Record<string, Language>> = {
  rakefile: "ruby",
  gemfile: "ruby",
  guardfile: "ruby",
  vagrantfile: "ruby",
  podfile: "ruby",
  brewfile: "ruby",
  jakefile: "javascript",
  sconstruct: "python",
  sconscript: "python",
  ".bashrc": "shell",
  ".bash_profile": "shell",
  ".profile": "shell",
  ".zshrc": "shell",
  pkgbuild: "shell",
};

/** Programs a first line may name, without version. */
const INTERPRETERS: Readonly<Record<string, Language>> = {
  node: "javascript",
  deno: "typescript",
  bun: "typescript",
  "ts-node": "typescript",
  tsx: "typescript",
  python: "python",
  pypy: "python",
  ruby: "ruby",
  php: "php",
  lua: "lua",
  elixir: "elixir",
  scala: "scala",
  swift: "swift",
  sh: "shell",
  bash: "shell",
  dash: "shell",
  ksh: "shell",
  zsh: "shell",
  bats: "shell",
};

const byExtension: ReadonlyMap<string, Language> = new Map(
  Object.entries(EXTENSIONS).flatMap(([language, extensions]) =>
    extensions.split(" ").map((extension): [string, Language] => [extension, language as Language]),
  ),
);
const byFileName: ReadonlyMap<string, Language> = new Map(Object.entries(FILE_NAMES));
const byInterpreter: ReadonlyMap<string, Language> = new Map(Object.entries(INTERPRETERS));

export const isLanguage = (name: string): name is Language => Object.hasOwn(EXTENSIONS, name);

/**
 * @param path with `/` between parts; only the last part is looked at.
 * @param firstLine the first line of the content, if at hand: a `#!` line decides where the name says nothing.
 * @returns undefined for files that are no source code.
 */
export function languageOf(path: string, firstLine = ""): Language | undefined {
  const name = path.slice(path.lastIndexOf("/") + 1).toLowerCase();
  const dot = name.lastIndexOf(".");
  const known = byFileName.get(name) ?? (dot > 0 ? byExtension.get(name.slice(dot + 1)) : undefined);
  if (known !== undefined || dot > 0) return known;
  return interpreterOf(firstLine);
}

/** `#!/usr/bin/env -S python3.12 -u` names python. */
function interpreterOf(firstLine: string): Language | undefined {
  const match = /^#!\s*(?:\S*\/)?(?:env\s+(?:-\S+\s+|\w+=\S*\s+)*(?:\S*\/)?)?([a-z-]+?)-?[\d.]*(?:\s|$)/.exec(
    firstLine.slice(0, 256),
  );
  return byInterpreter.get(match?.[1] ?? "");
}
