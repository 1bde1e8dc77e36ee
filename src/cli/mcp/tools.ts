// The tools that `millrace mcp` offers to an assistant: few, because models pick wrongly from long menus, with small answers by default, because an
// answer stays in a conversation for good. Each is its words, its arguments and a function to text; it knows nothing of the protocol.

import { z } from "zod";
import { MillraceError } from "../../base/index.ts";
import { MAP_BUDGET_MAX, MAP_BUDGET_MIN, type Watched, type Workspace } from "../../workspace/index.ts";
import { linesOf, numbered, shownPaths } from "./answer-text.ts";
import { definitionsText, importsText, referencesText } from "./find-text.ts";

export interface Tool {
  readonly name: string;
  readonly description: string;
  readonly arguments: z.ZodRawShape;
  /** Assistants that show tools only when they are looked for are asked to show it at once: they have nothing like it. */
  readonly isAlwaysShown: boolean;
  /** Rejects with errors whose words tell the model what to do. */
  answer(workspace: Workspace, given: Readonly<Record<string, unknown>>, watched: Watched): Promise<string>;
}

const ALWAYS_SHOWN = new Set(["map", "find"]);
const MAP_BUDGET = 1024;
const LINES = 400;
const LINES_MAX = 2000;
const PATHS = 200;
const PATHS_MAX = 2000;
const MATCHES = 50;
const MATCHES_MAX = 500;
const FOUND = 20;
const FOUND_MAX = 200;
const MATCH_CHARACTERS = 200;

const path = z.string().min(1).describe("Relative to the repository, with / between parts.");
const limit = (usual: number, most: number) =>
  z.number().int().min(1).max(most).default(usual).describe(`At most so many; ${usual} unless told.`);

function tool<Shape extends z.ZodRawShape>(
  name: string,
  description: string,
  shape: Shape,
  answer: (workspace: Workspace, given: z.infer<z.ZodObject<Shape>>, watched: Watched) => Promise<string>,
): Tool {
  const checked = z.strictObject(shape);
  return {
    ...{ name, description, arguments: shape, isAlwaysShown: ALWAYS_SHOWN.has(name) },
    answer: (workspace, given, watched) => answer(workspace, checked.parse(given) as z.infer<z.ZodObject<Shape>>, watched),
  };
}

export const tools: readonly Tool[] = [
  tool(
    "map",
    "Where to look: the files that matter most to a question or task, best first, with their main definitions and line numbers. Ask this first, with the task in your own words.",
    {
      query: z.string().max(8000).optional().describe("The task or question. Without it: what most of the repository uses."),
      focus: z
        .array(path)
        .max(100)
        .optional()
        .describe("Files or folders you work on: what they use is ranked, they are left out."),
      budget: z
        .number()
        .int()
        .min(MAP_BUDGET_MIN)
        .max(MAP_BUDGET_MAX)
        .default(MAP_BUDGET)
        .describe(`Tokens of the answer; ${MAP_BUDGET} unless told.`),
    },
    async (workspace, { query, focus, budget }, watched) => {
      const order = { budget, ...(query === undefined ? {} : { query }), ...(focus === undefined ? {} : { focus }) };
      const { text } = await workspace.map(order, watched);
      return text === "" ? "There are no source files here." : text;
    },
  ),
  tool(
    "find",
    "By a name: where it is defined, or used. By a file's path: what imports it, so what may break when it changes, or what it imports.",
    {
      name: z.string().min(1).max(4096).describe("A name, or a part of it for definitions; a path for importers and imports."),
      what: z.enum(["definitions", "references", "importers", "imports"]).default("definitions"),
      depth: z
        .number()
        .int()
        .min(1)
        .max(100)
        .default(1)
        .describe("Imports in between, for importers and imports; 1 unless told."),
      limit: limit(FOUND, FOUND_MAX),
    },
    (workspace, { name, what, depth, limit: most }, watched) => {
      if (what === "definitions") return definitionsText(workspace, name, most, watched);
      if (what === "references") return referencesText(workspace, name, most, watched);
      return importsText(workspace, { path: name, direction: what, depth }, most, watched);
    },
  ),
  tool(
    "read",
    "A file's text as it is now, with line numbers.",
    {
      path,
      from: z.number().int().min(1).default(1).describe("First line."),
      lines: limit(LINES, LINES_MAX),
    },
    async (workspace, { path: where, from, lines }) => {
      const file = workspace.text(where, from, from + lines - 1);
      if (!file) return `${where} is not text.`;
      if (file.lines < from) return `${where} has ${file.lines} lines.`;
      return numbered(file.text, from, file.lines, file.hasInvalid);
    },
  ),
  tool(
    "list",
    "Files by a glob, as git lists them: tracked, or not ignored. Of many, the folders with their counts.",
    {
      glob: z.string().min(1).max(10_000).default("**").describe("Such as src/**/*.ts, *.md, {a,b}/**. All files unless told."),
      limit: limit(PATHS, PATHS_MAX),
    },
    async (workspace, { glob, limit: most }, watched) => shownPaths(await workspace.glob(glob, watched), most),
  ),
  tool(
    "grep",
    "Lines that match a regular expression (Rust's syntax, as in ripgrep), or plain text, in all files that are not ignored.",
    {
      pattern: z.string().min(1).max(10_000),
      literal: z.boolean().default(false).describe("The pattern is plain text."),
      word: z.boolean().default(false).describe("Whole words only."),
      ignoreCase: z.boolean().default(false),
      globs: z.array(z.string().min(1)).max(50).optional().describe("Files to look in, such as src/**; !tests/** leaves out."),
      limit: limit(MATCHES, MATCHES_MAX),
    },
    async (workspace, { pattern, literal, word, ignoreCase, globs, limit: most }, watched) => {
      const { matches, isComplete } = await workspace.grep(
        {
          ...{ pattern, isLiteral: literal, isWord: word, case: ignoreCase ? "insensitive" : "sensitive" },
          ...{ matchesMax: most, textMax: MATCH_CHARACTERS },
          ...(globs === undefined ? {} : { globs }),
        },
        watched,
      );
      if (matches.length === 0) return "No line matches.";
      return linesOf(
        matches.map(({ path: where, line, text }) => `${where}:${line}: ${text.trim()}`),
        isComplete ? undefined : "There are more: narrow it by globs or the pattern, or raise limit.",
      );
    },
  ),
];

/** What went wrong, in words for a model. */
export function problemOf(error: unknown): string {
  if (MillraceError.is(error)) return error.message;
  if (error instanceof z.ZodError) {
    const [issue] = error.issues;
    return `${issue?.path.join(".") || "The arguments"}: ${issue?.message ?? "not as they should be"}`;
  }
  return "It failed for a reason that Millrace does not know. Ask again, or do without.";
}
