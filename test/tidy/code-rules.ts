// What code may not say: where the world is touched, how names are exported, what is left unfinished.

import { roomOf, rowOf } from "./import-table.ts";
import { forbid, inSource, isTest, type Rule } from "./rule.ts";
import { lineAt } from "./scan.ts";

const isProduction = (path: string) => inSource(path) && !isTest(path);
const inShell = (path: string) => rowOf(roomOf(path) ?? "")?.shell === true;
const runsOnBun = (path: string) => rowOf(roomOf(path) ?? "")?.runsOn === "Bun";
/** tidy itself has to name what it forbids. */
const isTidy = (path: string) => path.startsWith("test/tidy");

const ENVIRONMENT =
  /\b(?:process|Bun)\s*(?:\.\s*env\b|\[\s*["']\s*["']\s*\])|\bimport\.meta\.env\b|\{[^{}]*\benv\b[^{}]*\}\s*=\s*(?:process|Bun)\b/;
const TIME_AND_CHANCE =
  /\bDate\.now\b|\bnew Date\(\s*\)|\bperformance\.now\b|\bset(?:Timeout|Interval)\b|\bAbortSignal\.timeout\b|\bMath\.random\b|\brandomUUID\w*|\bgetRandomValues\b|\bBun\.(?:sleep|sleepSync|nanoseconds)\b|\bprocess\.(?:hrtime|uptime)\b/;

export const environmentOnlyInConfig: Rule = forbid(
  ENVIRONMENT,
  "code",
  (path) => isProduction(path) && path !== "src/server/config.ts",
  (match) => `reads the environment (\`${match}\`). Only src/server/config.ts does; take the value as an argument.`,
);

export const consoleOnlyInShells: Rule = forbid(
  /\bconsole\s*\.\s*\w+|\bprocess\.(?:stdout|stderr)\b/,
  "code",
  (path) => isProduction(path) && !inShell(path),
  (match) => `writes to the console (\`${match}\`). Return a value or take a function; only shells print.`,
);

export const timeAndChanceAreArguments: Rule = forbid(
  TIME_AND_CHANCE,
  "code",
  (path) => isProduction(path) && !inShell(path) && roomOf(path) !== "base",
  (match) => `uses \`${match}\`. Take a Clock, a Random or an IdSource of base as an argument.`,
);

export const noPlatformGlobals: Rule = forbid(
  /(?<![.\w$])(?:Bun|process|Buffer|__dirname|__filename)\b(?!\s*[?]?:)/,
  "code",
  (path) => isProduction(path) && roomOf(path) !== undefined && !runsOnBun(path),
  (match) => `uses the global \`${match}\` in a room that does not run on Bun. Use a web standard, or take it as an argument.`,
);

export const noDefaultExports: Rule = forbid(
  /\bexport\s+default\b|\bexport\s*\{[^}]*\bas\s+default\b/,
  "code",
  (path) => path !== "src/edge/worker.ts",
  () => "has a default export. Export the name itself, so that every caller uses the same word.",
);

export const noStarExports: Rule = forbid(
  /\bexport\s*(?:type\s*)?\*/,
  "code",
  () => true,
  () => "exports everything of another file. Name each export: a door is a list.",
);

export const nothingUnfinished: Rule = forbid(
  /\b(?:TODO|FIXME|XXX)\b|@ts-(?:ignore|nocheck)|\bbiome-ignore\b|\beslint-disable\b/,
  "comments",
  (path) => !isTidy(path),
  (match) => `says \`${match}\`. Finish it, or leave it out and say so in the pull request.`,
);

export const noAny: Rule = forbid(
  /\bas any\b|:\s*any\b|<any\b/,
  "code",
  () => true,
  () => "uses `any`. Use `unknown` and check, or name the type.",
);

export const testsAreHonest: Rule = forbid(
  /\b(?:test|describe|it)\.(?:only|todo)\b|,\s*\{\s*retry:\s*\d|\bBun\.sleep(?:Sync)?\b|\bsetTimeout\(\s*(?:resolve|done)\b/,
  "code",
  isTest,
  (match) =>
    `says \`${match}\`. A test runs with all others, once, and waits for what happens or moves a VirtualClock; it never sleeps.`,
);

/** The depth of brackets at each `const`, `let` or `var` decides whether it is the module's own. */
function topLevel(code: string, pattern: RegExp): RegExpExecArray[] {
  const found: RegExpExecArray[] = [];
  let depth = 0;
  let from = 0;
  for (const match of code.matchAll(pattern)) {
    for (const character of code.slice(from, match.index)) {
      if ("{([".includes(character)) depth++;
      else if ("})]".includes(character)) depth--;
    }
    from = match.index;
    if (depth === 0) found.push(match);
  }
  return found;
}

const COLLECTION = /\bconst\s+(\w+)[^=;]*=\s*(?:new\s+(?:Map|Set|WeakMap|WeakSet|Array)\b|\[|\{)/g;
const changes = (name: string) =>
  new RegExp(
    `(?<![.\\w$])${name}(?:\\.(?:set|add|delete|clear|push|pop|shift|unshift|splice|fill|sort|reverse)\\s*\\(|(?:\\.\\w+|\\[[^\\]]*\\])\\s*(?:[-+*/|&^?]{0,2}=(?![=>])|\\+\\+|--))`,
  );

/** A module keeps nothing between calls: two users of one process would share it, and a test could not reset it. */
export const noModuleState: Rule = (files) =>
  files
    .filter((file) => isProduction(file.path))
    .flatMap((file) => {
      const variables = topLevel(file.code, /\b(?:let|var)\s+\w+/g).map((match) => ({ match, word: match[0] }));
      const collections = topLevel(file.code, COLLECTION)
        .filter((match) => changes(match[1] as string).test(file.code))
        .map((match) => ({ match, word: match[1] as string }));
      return [...variables, ...collections].map(
        ({ match, word }) =>
          `${file.path}:${lineAt(file.source, match.index)}: \`${word}\` is state of the module. Keep it in an object that the caller creates.`,
      );
    });
