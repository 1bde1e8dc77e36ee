// Bundles a file as for a browser and says what in it needs a platform: modules, globals of Node or of Bun.

import { builtinModules } from "node:module";
import { split } from "../tidy/scan.ts";

const GLOBALS =
  /(?<![.\w$])(?:Bun|Buffer|process|require|__dirname|__filename)\b(?!\s*:)|\bimport\.meta\.(?:dir|path|file|env)\b/g;

export async function bundleProblems(entry: string): Promise<string[]> {
  const modules: string[] = [];
  const build = await Bun.build({
    entrypoints: [entry],
    target: "browser",
    throw: false,
    plugins: [
      {
        // Without this Bun would quietly put polyfills of Node's modules into the bundle.
        name: "platform modules",
        setup(builder) {
          builder.onResolve({ filter: /^(?:node:|bun:|bun$|[a-z_]+(?:\/\w+)?$)/ }, ({ path, importer }) => {
            if (!/^(?:node|bun):|^bun$/.test(path) && !builtinModules.includes(path)) return undefined;
            modules.push(`imports ${path} in ${importer}`);
            return { path, external: true };
          });
        },
      },
    ],
  });
  const logs = build.success ? [] : build.logs.map(String);
  const code = (await Promise.all(build.outputs.map((output) => output.text()))).map((text) => split(text).code).join("\n");
  const globals = [...new Set(code.match(GLOBALS) ?? [])].map((name) => `uses ${name}`);
  return [...logs, ...modules, ...globals];
}
