// docs/reference/errors.md out of the table of codes in base. Pure: the same table gives the same page.

import { errorCodes } from "../src/base/index.ts";

const HEAD = `# Errors

<!-- Generated from the table in src/base/error.ts by \`npm run docs\`. Do not edit. -->

What Millrace throws is a \`MillraceError\` with one of these codes. A code never changes its meaning; messages may change.
What is expected to happen (a full queue, a refused call) is not thrown: it is a value with a \`kind\`.

\`\`\`ts
import { MillraceError } from "millrace/base";

try {
  await store.set(key, value);
} catch (error) {
  if (!MillraceError.is(error, "store_unavailable")) throw error;
}
\`\`\`

\`MillraceError.is\` also knows errors of another loaded copy of the package, which \`instanceof\` does not.
`;

export function errorsPage(): string {
  const rows = Object.entries(errorCodes).map(([code, meaning]) => `| \`${code}\` | ${meaning} |`);
  return [HEAD, "| code | meaning |", "|---|---|", ...rows, ""].join("\n");
}
