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
  /** Of the record that is read. */
  #numbers = new Uint32Array(FIRST_TERMS);

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
    const names = heldNames(record);
    const words = this.lexicon.words(names.lines);
    const { wordCount, identifierCount, definitionCount, numberCount } = names;
    if (this.#numbers.length < numberCount) this.#numbers = new Uint32Array(2 * numberCount);
    const numbers = this.#numbers;
    names.numbers(numbers);
    const definitionsAt = numberCount - definitionCount;
    for (let at = definitionsAt; at < numberCount; at++) numbers[at] = words[numbers[at] as number] ?? 0;
    this.#begin();
    const bodyLength = this.#tally(words, 0, wordCount, numbers, this.#bodies);
    const definitionLength = this.#tally(numbers, definitionsAt, numberCount, undefined, this.#definitions);
    const part = partsOf(new Uint32Array(2 * identifierCount + definitionCount + 3 * this.#count));
    const identifiers = part(identifierCount);
    const identifierCounts = part(identifierCount);
    for (let index = 0, at = wordCount; index < identifierCount; index++, at += 2) {
      identifiers[index] = words[numbers[at] as number] ?? 0;
      identifierCounts[index] = numbers[at + 1] as number;
    }
    const definitionNames = part(definitionCount);
    for (let index = 0; index < definitionCount; index++) definitionNames[index] = numbers[definitionsAt + index] as number;
    return { identifiers, identifierCounts, definitionNames, ...this.#taken(part), bodyLength, definitionLength };
  }

  /** The terms and their counts; it forgets where they stand. */
  #taken(part: (length: number) => Uint32Array) {
    const [terms, bodyCounts, definitionCounts] = [part(this.#count), part(this.#count), part(this.#count)];
    for (let index = 0; index < this.#count; index++) {
      const term = this.#terms[index + 1] as number;
      terms[index] = term;
      bodyCounts[index] = this.#bodies[index + 1] as number;
      definitionCounts[index] = this.#definitions[index + 1] as number;
      this.#places[term] = 0;
    }
    return { terms, bodyCounts, definitionCounts };
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

  /** Adds the terms of the words from `from` to `to`, each as often as its count says, or once; returns how many there are. */
  #tally(words: Uint32Array, from: number, to: number, counts: Uint32Array | undefined, into: Uint32Array): number {
    const { starts, ids } = this.lexicon.allTerms;
    const places = this.#places;
    let sum = 0;
    for (let at = from; at < to; at++) {
      const word = words[at] as number;
      const count = counts === undefined ? 1 : (counts[at] as number);
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

/** Parts of one array, one after the other: arrays of their own take longer to make. */
function partsOf(whole: Uint32Array): (length: number) => Uint32Array {
  let end = 0;
  return (length) => {
    end += length;
    return whole.subarray(end - length, end);
  };
}
