// Workspaces as they are on the wire: files, lists, searches and maps of checkouts that the server may read, and maps of commits.
// Paths are relative to the workspace, with `/` between parts. Lines count from 1.

import { z } from "zod";

const PATH_MAX = 4096;
const PATTERN_MAX = 10_000;
const FOCUS_MAX = 32_000;
const QUESTION_MAX = 8000;

const path = z.string().min(1).max(PATH_MAX);
const line = z.coerce.number().int().min(1);
const count = z.int().min(0);
const truth = z.enum(["true", "false"]);

export const workspaceList = z
  .object({
    workspaces: z.array(
      z.object({
        id: z.string(),
        kind: z
          .enum(["checkout", "mirror", "folder", "missing"])
          .describe("`checkout`: files and commits. `mirror`: a bare repository, commits alone. `folder`: files alone."),
      }),
    ),
  })
  .meta({ id: "WorkspaceList" });

export const fileQuery = z.strictObject({
  path,
  from: line.exactOptional().describe("First line. With `from` or `to` the answer is text in UTF-8."),
  to: line.exactOptional().describe("Last line, included."),
});

export const globQuery = z.strictObject({
  pattern: z.string().min(1).max(PATTERN_MAX).describe("As in `src/**/*.ts`."),
  limit: z.coerce.number().int().min(1).max(100_000).default(10_000),
});

export const paths = z
  .object({
    paths: z.array(z.string()),
    isComplete: z.boolean().describe("false: there are more than `limit`."),
  })
  .meta({ id: "Paths" });

export const grepQuery = z.strictObject({
  q: z.string().min(1).max(PATTERN_MAX).describe("What to find, within one line."),
  regex: truth.default("false").describe("`q` is a regular expression, in ripgrep's syntax."),
  case: z
    .enum(["sensitive", "insensitive", "smart"])
    .default("sensitive")
    .describe("`smart`: case counts when `q` has an upper-case letter."),
  word: truth.default("false").describe("Whole words alone."),
  glob: z.string().min(1).max(PATTERN_MAX).exactOptional().describe("Only in files that fit; with `!` in front, in the others."),
  limit: z.coerce.number().int().min(1).max(10_000).default(1000).describe("Matching lines."),
});

export const grep = z
  .object({
    matches: z.array(
      z.object({
        path: z.string(),
        line: z.int().min(1),
        column: z.int().min(1).describe("Of the first match in the line, in bytes of UTF-8."),
        text: z.string().describe("The line; a long one is cut around the match."),
        textColumn: z.int().exactOptional().describe("Where the line is cut: the column of the first byte that is shown."),
      }),
    ),
    isComplete: z.boolean().describe("false: there are more than `limit`."),
    files: count.describe("In which it was looked for."),
    binary: count.describe("Of these, passed over because they are no text."),
    closed: count.describe("Of these, passed over because they are gone, unreadable or too large."),
  })
  .meta({ id: "Grep" });

export const symbolsQuery = z.strictObject({
  name: z.string().min(1).max(200).describe("Of what is defined, or a part of the name."),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
});

export const symbols = z
  .object({
    symbols: z
      .array(
        z.object({
          path: z.string(),
          name: z.string(),
          kind: z.string(),
          line: z.int().min(1),
          endLine: z.int().min(1),
          exported: z.boolean(),
          signature: z.string(),
          parent: z.string().exactOptional().describe("What it is defined in."),
        }),
      )
      .describe("The same name first, then names like it."),
    isComplete: z.boolean().describe("false: there are more than `limit`."),
    stateId: z.string().describe("Of the contents that it was made of."),
  })
  .meta({ id: "Symbols" });

export const graphQuery = z.strictObject({
  path: z
    .string()
    .min(1)
    .max(FOCUS_MAX)
    .exactOptional()
    .describe("Files to begin at, with commas between them. Without it: the whole graph."),
  direction: z
    .enum(["imports", "importers", "both"])
    .default("both")
    .describe("What the files need, what needs them (and may break when they change), or both."),
  depth: z.coerce.number().int().min(1).max(1000).default(1).describe("Imports in between."),
  folders: z.coerce.number().int().min(0).max(100).default(0).describe("Show folders of so many parts; 0: files."),
  format: z.enum(["json", "dot", "mermaid"]).default("json"),
  limit: z.coerce.number().int().min(1).max(100_000).default(10_000).describe("Edges."),
});

export const graph = z
  .object({
    nodes: z.array(
      z.object({
        path: z.string(),
        depth: count.describe("Imports between it and a file asked for."),
        files: count.describe("That it stands for."),
      }),
    ),
    edges: z.array(
      z.object({
        from: z.string().describe("What imports."),
        to: z.string().describe("What is imported."),
        count: count.describe("Pairs of files that it stands for."),
      }),
    ),
    cycles: z.array(z.array(z.string())).describe("Nodes that need one another in a circle, the largest group first."),
    missing: z
      .array(z.object({ path: z.string(), line: z.int().min(1), specifier: z.string() }))
      .describe("Imports of files of the repository that are not there: not built yet, or deleted. At most 1,000."),
    external: z
      .array(z.object({ name: z.string(), importers: count }))
      .describe("What the repository takes from outside, and how many files take it. At most 1,000."),
    isComplete: z.boolean().describe("false: there are more edges than `limit`."),
    stateId: z.string().describe("Of the files that it was made of: equal states give equal graphs."),
  })
  .meta({ id: "Graph" });

const budget = z.coerce.number().int().min(64).max(100_000).default(2048).describe("Tokens that the text has at most.");
const focus = z
  .string()
  .max(FOCUS_MAX)
  .exactOptional()
  .describe("Files or folders that are worked on, with commas between them: the map shows what they use.");
const question = z.string().max(QUESTION_MAX).exactOptional().describe("A question, an issue, a commit message.");

export const mapQuery = z.strictObject({ query: question, focus, budget });

export const map = z
  .object({
    text: z.string().describe("Files, best first, each with its most telling definitions and their lines."),
    tokens: count.describe("Of the text; at most the budget."),
    tokenizer: z.string(),
    stateId: z.string().describe("Of the contents that it was made of: equal states give equal maps."),
    files: z.array(
      z.object({
        path: z.string(),
        definitions: z.array(z.object({ name: z.string(), kind: z.string(), line: z.int().min(1), endLine: z.int().min(1) })),
      }),
    ),
  })
  .meta({ id: "Map" });

export const repomapQuery = z.strictObject({
  repository: z.string().min(1).max(64).describe("Id of a workspace with commits."),
  commit: z
    .string()
    .min(1)
    .max(1024)
    .describe("Whole id. The beginning of one, a branch or a tag is redirected to what it means now."),
  budget,
  focus,
  query: question,
});

export const recordsQuery = z.strictObject({
  project: z.string().min(1).max(64).describe("Id of a project of the configuration."),
});

export const keptRecords = z
  .object({
    kept: count.describe("Records that are there now."),
    refused: count.describe("Those that are no records, or of scanners of another version."),
  })
  .meta({ id: "KeptRecords" });

export type WireWorkspaceList = z.infer<typeof workspaceList>;
export type WirePaths = z.infer<typeof paths>;
export type WireGrep = z.infer<typeof grep>;
export type WireSymbols = z.infer<typeof symbols>;
export type WireGraph = z.infer<typeof graph>;
export type WireMap = z.infer<typeof map>;
