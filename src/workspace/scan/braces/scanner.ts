// Makes a scanner out of a language's table and grammar: the engine that all languages with braces share.

import { countLines } from "../count-lines.ts";
import type { Scanner } from "../record.ts";
import { WordTable } from "../word-table.ts";
import { Lexer } from "./lexer.ts";
import type { LexicalTable } from "./lexical-table.ts";
import { type Step, Walk } from "./walk.ts";

export interface BracesLanguage {
  readonly table: LexicalTable;
  /** Reads a statement. */
  readonly step: Step;
  /** Adds what the lexer saw beside the tokens: directives. Called after the walk. */
  readonly finish?: (walk: Walk, lexer: Lexer) => void;
}

export function bracesScanner({ table, step, finish }: BracesLanguage): Scanner {
  const isLeftOut = (name: string) => name === "_" || table.vocabulary.isLeftOut(name);
  return {
    scan(source, words = new WordTable(source)) {
      const lexer = new Lexer(source, words, table);
      lexer.run();
      const walk = new Walk(lexer.tokens, table.vocabulary);
      walk.run(step);
      finish?.(walk, lexer);
      return {
        lines: countLines(source),
        definitions: walk.definitions(),
        identifiers: words.counts((index) => isLeftOut(words.name(index))),
        imports: walk.imports,
      };
    },
  };
}
