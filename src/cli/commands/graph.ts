// `millrace graph`: which files of a repository import which: a summary of it all, what is around some files, or a picture of either.

import { resolve } from "node:path";
import { systemClock } from "../../base/index.ts";
import {
  drawDot,
  drawMermaid,
  escapeControls,
  type GraphAnswer,
  type GraphDirection,
  type GraphNode,
  Workspace,
} from "../../workspace/index.ts";
import { cacheFlags } from "../cache-flags.ts";
import type { Command, Input } from "../command.ts";
import { counted } from "../progress.ts";
import { openCache } from "../record-cache.ts";
import { analysisProgress, pathWithin } from "../repository-input.ts";

const DEPTH_MAX = 1000;
const EDGES_MAX = 100_000;
/** Of each list of a summary. */
const LISTED = 10;
const FORMATS = ["text", "json", "dot", "mermaid"];

const wholeNumber = (least: number, most: number) => (text: string) => {
  const number = Number(text);
  if (text !== "" && Number.isInteger(number) && number >= least && number <= most) return undefined;
  return `is no number that fits: write a whole number from ${least} to ${most}`;
};

export const graph: Command = {
  about:
    "Prints which files of a repository import which. Without --of: how many, the circles, what most files need, what comes from outside.\n" +
    "With --of: what the files import, and what imports them, so what may break when they change.\n" +
    "--format dot or mermaid prints a picture's text; --folders makes one of folders, which stays readable for large repositories.",
  operand: "DIR",
  operandDefault: ".",
  flags: {
    of: { value: "PATH", about: "a file of DIR to begin at; may be given more than once", repeated: true },
    imports: { about: "with --of: only what the files need" },
    importers: { about: "with --of: only what needs the files" },
    depth: {
      ...{ value: "N", about: 'with --of: imports in between (default: 1; "all" for any number)' },
      check: (text) => (text === "all" ? undefined : wholeNumber(1, DEPTH_MAX)(text)),
    },
    folders: { value: "N", about: "show folders of so many parts instead of files", check: wholeNumber(1, 100) },
    format: {
      ...{ value: "FORMAT", about: "text, json, dot or mermaid (default: text)" },
      check: (text) => (FORMATS.includes(text) ? undefined : `is no format: write ${FORMATS.join(", ")}`),
    },
    ...cacheFlags,
  },
  examples: [
    "millrace graph",
    "millrace graph --of src/base/clock.ts --importers --depth all",
    "millrace graph --folders 2 --format dot | dot -Tsvg > imports.svg",
  ],
  async run(input, terminal) {
    const { of, depth = "1", folders = "0", format = "text" } = input.values;
    const folder = resolve(input.operand);
    const store = openCache(input, terminal);
    const workspace = new Workspace({ folder, clock: systemClock, ...(store ? { store } : {}) });
    try {
      const paths = of?.split(",").map((path) => pathWithin(folder, path, "--of"));
      const ask = {
        ...{ depth: depth === "all" ? DEPTH_MAX : Number(depth), folders: Number(folders), edgesMax: EDGES_MAX },
        ...(paths ? { paths } : {}),
      };
      const asked = async (direction: GraphDirection): Promise<GraphAnswer> => {
        const progress = analysisProgress(terminal);
        return workspace.graph({ ...ask, direction }, { progress: progress.tell }).finally(progress.end);
      };
      const direction = directionOf(input);
      if (paths && format === "text") {
        terminal.out(paths.map(escapeControls).join("\n"));
        if (direction !== "importers") terminal.out(listed("imports", await asked("imports")));
        if (direction !== "imports") terminal.out(listed("is imported by", await asked("importers")));
        return 0;
      }
      const answer = await asked(direction);
      terminal.out(textIn(format, answer).trimEnd());
      if (!answer.isComplete) terminal.err(`Only the first ${EDGES_MAX} imports are shown; --folders makes them fewer.`);
      return 0;
    } finally {
      await workspace.close();
      await store?.close();
    }
  },
};

function directionOf({ switches }: Input): GraphDirection {
  if (switches.has("imports") === switches.has("importers")) return "both";
  return switches.has("imports") ? "imports" : "importers";
}

function textIn(format: string, answer: GraphAnswer): string {
  if (format === "json") return JSON.stringify(answer, null, 2);
  if (format === "dot") return drawDot(answer);
  return format === "mermaid" ? drawMermaid(answer) : summary(answer);
}

/** What was reached, the nearest first. */
function listed(title: string, { nodes }: GraphAnswer): string {
  const lines = nodes
    .filter(({ depth }) => depth > 0)
    .sort((a, b) => a.depth - b.depth)
    .map(lineOf);
  return lines.length === 0 ? `\n${title} no file of this repository` : ["", `${title}:`, ...lines].join("\n");
}

const lineOf = ({ path, depth, files }: GraphNode): string => {
  const notes = [...(depth > 1 ? [`${depth} imports away`] : []), ...(files > 1 ? [`${files} files`] : [])];
  return `  ${escapeControls(path)}${notes.length > 0 ? ` (${notes.join(", ")})` : ""}`;
};

function summary({ nodes, edges, cycles, external, missing }: GraphAnswer): string {
  const importers = new Map<string, number>();
  for (const { to } of edges) importers.set(to, (importers.get(to) ?? 0) + 1);
  const most = [...importers].sort((a, b) => b[1] - a[1]).slice(0, LISTED);
  const block = (title: string, lines: readonly string[]) =>
    lines.length === 0 ? [] : ["", title, ...lines.map((line) => `  ${escapeControls(line)}`)];
  return [
    `${counted(nodes.length, "node")}, ${counted(edges.length, "import")}, ${counted(cycles.length, "circle")}, ${counted(missing.length, "import")} of files that are not there.`,
    ...block(
      "What most others import:",
      most.map(([path, count]) => `${path} (${count})`),
    ),
    ...block(
      "Circles, the largest first:",
      cycles
        .slice(0, LISTED)
        .map((group) => `${group.length}: ${group.slice(0, 4).join(", ")}${group.length > 4 ? ", ..." : ""}`),
    ),
    ...block(
      "From outside, by files that take it:",
      external.slice(0, LISTED).map(({ name, importers: count }) => `${name} (${count})`),
    ),
  ].join("\n");
}
