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

const FIRST_TERMS = 1024;

/** Makes forms for one lexicon. */
export class RecordForms {
  readonly lexicon: Lexicon;
  readonly #forms = new WeakMap<ParseRecord, RecordForm>();
  /** Where a term stands in the form that is being made, from 1 on; all zero between forms. */
  #places = new Uint32Array(FIRST_TERMS);
  /** Of the form that is being made: its terms and their counts, from 1 on. */
  #terms = new Uint32Array(FIRST_TERMS);
  #bodies = new Uint32Array(FIRST_TERMS);
  #definitions = new Uint32Array(FIRST_TERMS);
  #count = 0;

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
    const { wordCounts, identifiers, identifierCounts, definitions } = names.columns();
    for (let at = 0; at < identifiers.length; at++) identifiers[at] = words[identifiers[at] as number] ?? 0;
    for (let at = 0; at < definitions.length; at++) definitions[at] = words[definitions[at] as number] ?? 0;
    this.#begin();
    const bodyLength = this.#tally(words, wordCounts, this.#bodies);
    const definitionLength = this.#tally(definitions, undefined, this.#definitions);
    const end = this.#count + 1;
    const terms = this.#terms.slice(1, end);
    for (let at = 0; at < terms.length; at++) this.#places[terms[at] as number] = 0;
    return {
      identifiers,
      identifierCounts,
      definitionNames: definitions,
      terms,
      bodyCounts: this.#bodies.slice(1, end),
      definitionCounts: this.#definitions.slice(1, end),
      bodyLength,
      definitionLength,
    };
  }

  #begin(): void {
    this.#count = 0;
    const { termCount } = this.lexicon;
    if (this.#places.length > termCount) return;
    this.#places = new Uint32Array(2 * termCount);
    this.#terms = new Uint32Array(2 * termCount);
    this.#bodies = new Uint32Array(2 * termCount);
    this.#definitions = new Uint32Array(2 * termCount);
  }

  /** Adds the terms of words, each as often as is said, or once; returns how many there are. */
  #tally(words: Uint32Array, wordCounts: Uint32Array | undefined, into: Uint32Array): number {
    const { starts, ids } = this.lexicon.allTerms;
    const places = this.#places;
    const length = wordCounts?.length ?? words.length;
    let sum = 0;
    for (let at = 0; at < length; at++) {
      const word = words[at] as number;
      const count = wordCounts === undefined ? 1 : (wordCounts[at] as number);
      const end = starts[word + 1] as number;
      for (let index = starts[word] as number; index < end; index++) {
        const term = ids[index] as number;
        let place = places[term] as number;
        if (place === 0) {
          place = ++this.#count;
          places[term] = place;
          this.#terms[place] = term;
          this.#bodies[place] = 0;
          this.#definitions[place] = 0;
        }
        into[place] = (into[place] as number) + count;
        sum += count;
      }
    }
    return sum;
  }
}
