// Which documents have which terms, and how often in each field: postings in arrays, made once and never changed. A document is a file as it was; who
// uses the postings later says which documents still are files.

import type { RecordForm } from "./record-form.ts";

export interface IndexedFile {
  readonly form: RecordForm;
  /** The same object as long as it is the same path. */
  readonly pathTerms: Uint32Array;
  readonly pathCounts: Uint32Array;
}

/** How often a term is in each field of a document. */
export interface TermCounts {
  body: number;
  definition: number;
  path: number;
}

/** By term. */
export type DocumentCounts = ReadonlyMap<number, TermCounts>;

/** Counts are kept in 16 bits. */
const COUNT_MAX = 0xffff;

export class Postings {
  readonly documents: readonly IndexedFile[];
  /** By posting: the document, and counts by field. */
  readonly files: Uint32Array;
  readonly bodies: Uint16Array;
  readonly definitions: Uint16Array;
  readonly paths: Uint16Array;
  /** By term: how many documents have it, and how many paths. */
  readonly frequencies: Uint32Array;
  readonly pathFrequencies: Uint32Array;
  /** Postings of term t are at #ends[t - 1] to #ends[t]. */
  readonly #ends: Uint32Array;
  /** Made when first asked. */
  #documentOf: ReadonlyMap<Uint32Array, number> | undefined;

  constructor(documents: readonly IndexedFile[], termCount: number) {
    this.documents = documents;
    this.frequencies = new Uint32Array(termCount);
    this.pathFrequencies = new Uint32Array(termCount);
    this.#count();
    this.#ends = new Uint32Array(termCount);
    let total = 0;
    for (let term = 0; term < termCount; term++) {
      // Filling moves it to the end.
      this.#ends[term] = total;
      total += this.frequencies[term] as number;
    }
    this.files = new Uint32Array(total);
    this.bodies = new Uint16Array(total);
    this.definitions = new Uint16Array(total);
    this.paths = new Uint16Array(total);
    this.#fill();
  }

  /** The document that this file was, if it still is as it was. */
  find({ form, pathTerms }: IndexedFile): number | undefined {
    this.#documentOf ??= new Map(this.documents.map((each, document) => [each.pathTerms, document]));
    const document = this.#documentOf.get(pathTerms);
    return document !== undefined && this.documents[document]?.form === form ? document : undefined;
  }

  rangeOf(term: number): readonly [from: number, end: number] {
    return [this.#ends[term - 1] ?? 0, this.#ends[term] ?? 0];
  }

  /** Of one document, as its postings have them. */
  static countsOf({ form, pathTerms, pathCounts }: IndexedFile): DocumentCounts {
    const counts = new Map<number, TermCounts>();
    const { terms, bodyCounts, definitionCounts } = form;
    for (let at = 0; at < terms.length; at++) {
      const body = Math.min(bodyCounts[at] ?? 0, COUNT_MAX);
      counts.set(terms[at] ?? 0, { body, definition: Math.min(definitionCounts[at] ?? 0, COUNT_MAX), path: 0 });
    }
    for (let at = 0; at < pathTerms.length; at++) {
      const term = pathTerms[at] ?? 0;
      const path = Math.min(pathCounts[at] ?? 0, COUNT_MAX);
      const known = counts.get(term);
      if (known) known.path = path;
      else counts.set(term, { body: 0, definition: 0, path });
    }
    return counts;
  }

  #count(): void {
    const { documents, frequencies, pathFrequencies } = this;
    const stamps = new Uint32Array(frequencies.length);
    for (let document = 0; document < documents.length; document++) {
      const { form, pathTerms } = documents[document] as IndexedFile;
      const { terms } = form;
      for (let at = 0; at < terms.length; at++) {
        const term = terms[at] as number;
        frequencies[term] = (frequencies[term] as number) + 1;
        stamps[term] = document + 1;
      }
      for (let at = 0; at < pathTerms.length; at++) {
        const term = pathTerms[at] as number;
        pathFrequencies[term] = (pathFrequencies[term] as number) + 1;
        if (stamps[term] !== document + 1) frequencies[term] = (frequencies[term] as number) + 1;
      }
    }
  }

  #fill(): void {
    const { documents, files, bodies, definitions, paths } = this;
    const inPath = new Uint16Array(this.frequencies.length);
    for (let document = 0; document < documents.length; document++) {
      const { form, pathTerms, pathCounts } = documents[document] as IndexedFile;
      const { terms, bodyCounts, definitionCounts } = form;
      for (let at = 0; at < pathTerms.length; at++)
        inPath[pathTerms[at] as number] = Math.min(pathCounts[at] as number, COUNT_MAX);
      for (let at = 0; at < terms.length; at++) {
        const term = terms[at] as number;
        const place = this.#ends[term] as number;
        this.#ends[term] = place + 1;
        files[place] = document;
        bodies[place] = Math.min(bodyCounts[at] as number, COUNT_MAX);
        definitions[place] = Math.min(definitionCounts[at] as number, COUNT_MAX);
        paths[place] = inPath[term] as number;
        inPath[term] = 0;
      }
      for (let at = 0; at < pathTerms.length; at++) {
        const term = pathTerms[at] as number;
        if (inPath[term] === 0) continue;
        const place = this.#ends[term] as number;
        this.#ends[term] = place + 1;
        files[place] = document;
        paths[place] = inPath[term] as number;
        inPath[term] = 0;
      }
    }
  }
}
