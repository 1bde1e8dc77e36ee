// The version of this package, and of the runtime it is pinned to, as package.json says.

import { readFileSync } from "node:fs";

const description = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));

export const version: string = description.version;
export const pinnedBun: string = description.dependencies.bun;
