// What a case of the key-value conformance suite is, and what it may ask of the store under test.

import type { KeyValue } from "../index.ts";

/** What the suite knows of a store under test. One harness serves one case and starts empty. */
export interface KeyValueHarness {
  /** Opens the store. Two calls with one namespace give two instances over the same data, if the store can. */
  open: (namespace: string) => Promise<KeyValue>;
  /** Makes that much time pass for every value, without waiting for it. */
  elapse: (ms: number) => Promise<void>;
  /** Moves the wall clock alone; undefined when the store's clock belongs to somebody else. */
  stepWall: ((ms: number) => void) | undefined;
  /** Whether two instances see the same data. */
  sharesData: boolean;
  /** Releases everything opened. */
  close: () => Promise<void>;
}

export interface KeyValueCase {
  name: string;
  needs?: "stepWall" | "sharesData";
  run: (harness: KeyValueHarness) => Promise<void>;
}
