// docs/reference/config.md out of the schema: a table for each section. Pure: the same schema gives the same page.
// A test holds the page in the repository equal to this.

import { environmentVariables, variablesOfLaterVersions } from "./config-schema.ts";
import { configNode, type SchemaNode, valueInWords } from "./config-words.ts";

const HEAD = `# Configuration

<!-- Generated from the schema in src/server by \`npm run docs\`. Do not edit. -->

Millrace reads \`millrace.config.json\` in the working folder, or the file named by \`--config\`. All keys are optional.
Flags of \`millrace serve\` (\`--host\`, \`--port\`, \`--data\`) go before environment variables, these before the file, and the
file before the defaults. Unknown keys are refused. \`millrace config check\` names every problem of a file,
\`millrace config print\` shows the result with secrets as \`[secret]\`.

Secrets stay out of the file: \`env:NAME\` takes the value of the environment variable NAME. An empty variable counts as not set.

\`\`\`json
{
  "upstreams": [
    { "name": "claude", "dialect": "anthropic", "baseUrl": "https://api.anthropic.com", "models": ["claude-*"], "credential": "env:ANTHROPIC_API_KEY" }
  ],
  "cache": { "memoryBytes": 268435456, "ttlSeconds": 3600, "scope": "team" }
}
\`\`\`
`;

export function configReference(): string {
  const root = configNode();
  const sections = Object.entries(root.properties ?? {}).filter(([, node]) => isSection(node));
  const plain = Object.entries(root.properties ?? {}).filter(([, node]) => !isSection(node));
  return [
    HEAD,
    `## Top level\n\n${table(plain)}`,
    ...sections.map(([name, node]) => `## \`${name}\`\n\n${node.description ?? ""}\n\n${table(rowsOf(name, node))}`),
    environment(),
  ].join("\n");
}

/** The same configuration as one line of the environment table a variable. */
function environment(): string {
  const rows = Object.entries(environmentVariables).map(([variable, key]) => `| \`${variable}\` | sets \`${key}\` |`);
  return `## Environment

| variable | meaning |
|---|---|
${rows.join("\n")}
| \`ANTHROPIC_API_KEY\` | without \`upstreams\`: adds the upstream \`anthropic\` at \`https://api.anthropic.com\` with this key |
| \`OPENAI_API_KEY\` | without \`upstreams\`: adds the upstream \`openai\` at \`https://api.openai.com/v1\` with this key |
| \`BUN_CONFIG_MAX_HTTP_REQUESTS\` | outgoing requests that the runtime makes at once; the launcher raises it unless it is set |

Not used in this version: ${variablesOfLaterVersions.map((variable) => `\`${variable}\``).join(", ")}.
`;
}

const isSection = (node: SchemaNode): boolean => node.properties !== undefined || node.items?.properties !== undefined;

type Row = readonly [key: string, node: SchemaNode, required?: boolean];

/** A section's keys, nested ones spelled out: `persist.hitsMin`, `redact[].prefix`. */
function rowsOf(name: string, node: SchemaNode, prefix = ""): Row[] {
  const fields = node.items?.properties ? node.items : node;
  return Object.entries(fields.properties ?? {}).flatMap(([key, child]): Row[] => {
    const row: Row = [`${prefix}${key}`, child, fields.required?.includes(key) ?? false];
    if (child.properties) return [[`${prefix}${key}`, child], ...rowsOf(name, child, `${prefix}${key}.`)];
    return child.items?.properties ? [row, ...rowsOf(name, child.items, `${prefix}${key}[].`)] : [row];
  });
}

function table(rows: readonly Row[]): string {
  const variableOf = new Map<string, string>(Object.entries(environmentVariables).map(([variable, key]) => [key, variable]));
  const withEnvironment = rows.some(([key]) => variableOf.has(key));
  const head = ["key", "value", "default", ...(withEnvironment ? ["environment"] : []), "meaning"];
  const lines = rows.map(([key, node, required]) => {
    const variable = variableOf.get(key);
    const cells = [`\`${key}\``, valueInWords(node), defaultInWords(node, required ?? false)];
    if (withEnvironment) cells.push(variable ? `\`${variable}\`` : "");
    return [...cells, node.description ?? ""];
  });
  return [head, head.map(() => "---"), ...lines]
    .map((cells) => `| ${cells.map(escapeCell).join(" | ")} |`)
    .join("\n")
    .concat("\n");
}

const escapeCell = (text: string): string => text.replaceAll("|", "\\|").replaceAll("\n", " ");

function defaultInWords(node: SchemaNode, required: boolean): string {
  if (required) return "required";
  if (node.properties || node.default === undefined) return "";
  return `\`${JSON.stringify(node.default)}\``;
}
