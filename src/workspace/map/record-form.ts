// A parse record in numbers of a lexicon: what the analysis adds up, file by file. Made once a record and kept as long as the record is,
// so a saved file costs the work of one file. Lists keep the record's own order, which is what makes sums over them canonical.

import { heldNames } from "../records/record-codec.ts";
import type { ParseRecord } from "../scan/record.ts";
import type { Lexicon } from "./lexicon.ts";

export interface RecordForm {
  /** Words of `identifiers`, with their counts. */
  readonly identifiers: Uint32Array;
  readonly identifierCounts: Uint32Array;
  /** The word that each definition is named by. */
  readonly definitionNames: Uint32Array;
  /** Distinct terms of words and definition names, with their counts in each. */
  readonly terms: Uint32Array;
  readonly bodyCounts: Uint32Array;
  readonly definitionCounts: Uint32Array;
  /** Sums of the counts. */
  readonly bodyLength: number;
  readonly definitionLength: number;
}

/** Makes forms for one lexicon. */
export class RecordForms {
  readonly lexicon: Lexicon;
  readonly #forms = new WeakMap<ParseRecord, RecordForm>();
  /** Where a term stands in the form that is being made, plus one; all zero between forms. */
  #slots = new Uint32Array(1024);

  constructor(lexicon: Lexicon) {
    this.lexicon = lexicon;
  }

  of(record: ParseRecord): RecordForm {
    const known = this.#forms.get(record);
    if (known !== undefined) return known;
    const form = this.#make(record);
    this.#forms.set(record, form);
    return form;
  }

  #make(record: ParseRecord): RecordForm {
    const { lexicon } = this;
    const names = heldNames(record);
    const words = lexicon.words(names.lines);
    const wordCounts = names.wordCounts();
    const { identifierCounts, ...places } = names.places();
    const identifiers = places.identifiers.map((place) => words[place] ?? 0);
    const definitionNames = places.definitions.map((place) => words[place] ?? 0);
    if (this.#slots.length < lexicon.termCount) this.#slots = new Uint32Array(lexicon.termCount * 2);
    const { starts, ids } = lexicon.allTerms;
    const terms: number[] = [];
    const body: number[] = [];
    const defined: number[] = [];
    let bodyLength = 0;
    let definitionLength = 0;
    for (let at = 0; at < wordCounts.length; at++) {
      const count = wordCounts[at] ?? 0;
      const word = words[at] ?? 0;
      const end = starts[word + 1] ?? 0;
      for (let index = starts[word] ?? 0; index < end; index++) {
        const slot = this.#slot(ids[index] ?? 0, terms, body, defined);
        body[slot] = (body[slot] ?? 0) + count;
        bodyLength += count;
      }
    }
    for (let at = 0; at < definitionNames.length; at++) {
      const word = definitionNames[at] ?? 0;
      const end = starts[word + 1] ?? 0;
      for (let index = starts[word] ?? 0; index < end; index++) {
        const slot = this.#slot(ids[index] ?? 0, terms, body, defined);
        defined[slot] = (defined[slot] ?? 0) + 1;
        definitionLength++;
      }
    }
    for (const term of terms) this.#slots[term] = 0;
    return {
      identifiers,
      identifierCounts,
      definitionNames,
      terms: new Uint32Array(terms),
      bodyCounts: new Uint32Array(body),
      definitionCounts: new Uint32Array(defined),
      bodyLength,
      definitionLength,
    };
  }

  #slot(term: number, terms: number[], body: number[], defined: number[]): number {
    const known = this.#slots[term] ?? 0;
    if (known > 0) return known - 1;
    terms.push(term);
    body.push(0);
    defined.push(0);
    this.#slots[term] = terms.length;
    return terms.length - 1;
  }
}
