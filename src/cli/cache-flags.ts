// Flags of commands that keep what they parsed. Apart from what they do, which takes longer to load.

import type { Flag } from "./command.ts";

export const cacheFlags: Readonly<Record<"cache" | "no-cache", Flag>> = {
  cache: { value: "FOLDER", about: "where parsed files are kept (default: ~/.cache/millrace)" },
  "no-cache": { about: "keep nothing, and use nothing that was kept" },
};
