// The part of the configuration that names what of this machine's files may be read over HTTP. Nothing but these folders is ever reachable there.

import { z } from "zod";

const WORKSPACES_MAX = 100;
const PROJECTS_MAX = 1000;

const tenants = z.array(z.string().min(1).max(256)).min(1).max(1000).optional();

const id = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/)
  .meta({ words: "up to 64 letters, digits, `.`, `_` or `-`" });

const workspace = z.strictObject({
  id: id.describe("Unique name, as in `/api/workspaces/ID/file`."),
  path: z
    .string()
    .min(1)
    .max(4000)
    .describe("Folder: a checkout, a bare mirror, or any other. In the file it is relative to the file."),
  tenants: tenants.describe("Who may read it, by tenant. Not set: everyone who may call."),
});

const project = z.strictObject({
  id: id.describe("Unique name, as in `millrace map --project ID`."),
  tenants: tenants.describe("Who may use its records, by tenant. Not set: everyone who may call."),
});

export const projectsSection = z
  .array(project)
  .max(PROJECTS_MAX)
  .default([])
  .describe(
    "Projects whose developers share what was parsed: the first parses a content, the others are given the record, at `/api/workspaces/records`. A record tells what a content defines and which words it has, and never the content.",
  );

export const workspacesSection = z
  .array(workspace)
  .max(WORKSPACES_MAX)
  .default([])
  .describe(
    "Folders whose files, lists, searches and maps are served under `/api/workspaces` and `/api/assets/repomap`. Everything in them can be read, ignored files too, but not what git keeps for itself.",
  );
