// `use` of PHP: by the prefixes of composer.json's autoload, PSR-4 and PSR-0 (https://www.php-fig.org/psr/psr-4/), else by the namespace that
// files declare; `require` and `include` by path.

import { type Fields, fieldsOf, type Manifests, stringsOf } from "./manifests.ts";
import type { NameGroups } from "./name-groups.ts";
import { external, filesFound, missing, type Resolution, type Resolve } from "./resolution.ts";
import { folderOf, joinPath, type SourceTree } from "./source-tree.ts";

interface Prefix {
  readonly prefix: string;
  readonly folders: readonly string[];
  /** PSR-0: the prefix is a folder too. */
  readonly isWhole: boolean;
}

export function phpResolver(tree: SourceTree, manifests: Manifests, groups: NameGroups): Resolve {
  const prefixes = tree
    .named("composer.json")
    .flatMap((path) => prefixesOf(folderOf(path), manifests.json(path)))
    .sort((a, b) => b.prefix.length - a.prefix.length);

  const byPrefix = (name: string): string | undefined => {
    for (const { prefix, folders, isWhole } of prefixes) {
      if (!name.startsWith(prefix)) continue;
      const rest = (isWhole ? name : name.slice(prefix.length)).replaceAll("\\", "/");
      const found = folders.map((folder) => joinPath(folder, `${rest}.php`)).find((each) => each !== undefined && tree.has(each));
      if (found !== undefined) return found;
    }
    return undefined;
  };
  const byPath = (from: string, specifier: string): Resolution => {
    const relative = specifier.replace(/^\/+/, "");
    const [found] = [folderOf(from), ""].flatMap((folder) => joinPath(folder, relative) ?? []).filter((path) => tree.has(path));
    return found === undefined ? missing : filesFound([found]);
  };
  return (importer, { specifier }): Resolution => {
    if (!specifier.includes("\\") && /[/.]/.test(specifier)) return byPath(importer.path, specifier);
    const name = specifier.replace(/^\\/, "");
    const file = byPrefix(name);
    if (file !== undefined) return filesFound([file]);
    // A namespace, a function or a constant, or a class without autoload rules.
    if (groups.has(`php:${name}`)) return filesFound(groups.usedBy(importer, `php:${name}`));
    const slash = name.lastIndexOf("\\");
    const space = `php:${name.slice(0, Math.max(0, slash))}`;
    const defined = groups.definers(space, name.slice(slash + 1), importer.path);
    return defined.length > 0 ? filesFound(defined) : external(name.split("\\", 2).join("\\"));
  };
}

function prefixesOf(folder: string, composer: Fields): readonly Prefix[] {
  return [composer.autoload, composer["autoload-dev"]].flatMap((autoload) =>
    (["psr-4", "psr-0"] as const).flatMap((rule) =>
      Object.entries(fieldsOf(fieldsOf(autoload)[rule])).map(([prefix, folders]) => ({
        prefix,
        folders: stringsOf(folders).flatMap((each) => joinPath(folder, each) ?? []),
        isWhole: rule === "psr-0",
      })),
    ),
  );
}
