// Modules of Swift packages: the folders below `Sources` and `Tests`. A file depends on those of a module that define a name it uses.

import type { NameGroups } from "./name-groups.ts";
import { external, filesFound, type Resolution, type Resolve } from "./resolution.ts";

const MODULE = /^(?:.*\/)?(?:Sources|Tests|Plugins)\/([^/]+)\/./;

/** Outside packages: the first folder, which a project's target has as a rule. */
export const swiftModule = (path: string): string => MODULE.exec(path)?.[1] ?? path.split("/")[0] ?? "";

export const swiftGroup = (path: string): string => `swift:${swiftModule(path)}`;

export function swiftResolver(groups: NameGroups): Resolve {
  return (importer, { specifier }): Resolution => {
    const [module = ""] = specifier.split(".");
    return groups.has(`swift:${module}`) ? filesFound(groups.usedBy(importer, `swift:${module}`)) : external(module);
  };
}
