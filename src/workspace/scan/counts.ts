// How often names occur: what tables of words, scanners and records share.

/** Names and how often each occurs, in the order of first occurrence; both lists are equally long. */
export interface Counts {
  readonly names: readonly string[];
  readonly counts: readonly number[];
}
