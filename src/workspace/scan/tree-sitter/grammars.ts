// The second tier: scanners of tree-sitter grammars for languages without a lexical scanner, loaded when they are first
// asked for. A grammar that cannot be loaded leaves its language to words; that is told, never thrown.

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Clock } from "../../../base/index.ts";
import type { GrammarLanguage, Language, Scanner } from "../record.ts";
import { grammarQueries } from "./grammar-queries.ts";
import type { GrammarScanner } from "./grammar-scanner.ts";

export class Grammars {
  readonly #scanners = new Map<Language, GrammarScanner>();
  readonly #failures = new Map<Language, string>();
  readonly #clock: Pick<Clock, "monotonic">;
  #loading: Promise<unknown> = Promise.resolve();

  /** @param clock for the time one source may take. */
  constructor(clock: Pick<Clock, "monotonic">) {
    this.#clock = clock;
  }

  /** Scanners of what has been loaded, for `scanFile`. */
  get scanners(): ReadonlyMap<Language, Scanner> {
    return this.#scanners;
  }

  /** Why a language could not be loaded, in words for people. */
  get failures(): ReadonlyMap<Language, string> {
    return this.#failures;
  }

  /** Loads the grammars of those languages that have one; languages of other tiers are no error. Never rejects. */
  load(languages: Iterable<Language>): Promise<void> {
    const wanted = [...languages].filter((language): language is GrammarLanguage =>
      grammarQueries.has(language as GrammarLanguage),
    );
    const loaded = this.#loading.then(async () => {
      for (const language of wanted) await this.#loadOne(language);
    });
    this.#loading = loaded;
    return loaded;
  }

  close(): void {
    for (const scanner of this.#scanners.values()) scanner.close();
    this.#scanners.clear();
  }

  async #loadOne(language: GrammarLanguage): Promise<void> {
    const query = grammarQueries.get(language);
    if (query === undefined || this.#scanners.has(language) || this.#failures.has(language)) return;
    try {
      // Most processes never need them, nor the megabytes they take.
      const [{ Language: Grammar, Parser }, { GrammarScanner }] = await Promise.all([
        import("web-tree-sitter"),
        import("./grammar-scanner.ts"),
      ]);
      await Parser.init();
      const folder = dirname(createRequire(import.meta.url).resolve("tree-sitter-wasms/package.json"));
      const grammar = await Grammar.load(await readFile(join(folder, "out", `tree-sitter-${query.grammar}.wasm`)));
      this.#scanners.set(language, new GrammarScanner(grammar, query, this.#clock));
    } catch (error) {
      this.#failures.set(language, error instanceof Error ? error.message : String(error));
    }
  }
}
