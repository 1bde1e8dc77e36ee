// Flags of commands that keep what they parsed. Apart from what they do, which takes longer to load.

import type { Flag } from "./command.ts";

type CacheFlag = "cache" | "no-cache" | "share" | "project" | "key-file";

export const cacheFlags: Readonly<Record<CacheFlag, Flag>> = {
  cache: { value: "FOLDER", about: "where parsed files are kept (default: ~/.cache/millrace)" },
  "no-cache": { about: "keep nothing, and use nothing that was kept" },
  share: {
    ...{
      value: "URL",
      about: "a Millrace server that keeps records for all developers of a project: what one parsed, no other parses",
    },
    check: (text) =>
      /^https?:\/\/[^/]/.test(text) ? undefined : "is no address: write one such as https://millrace.example.com",
  },
  project: { value: "ID", about: "with --share: the project, as the server's configuration names it" },
  "key-file": { value: "FILE", about: "with --share: a file with your token, where the server wants one" },
};
