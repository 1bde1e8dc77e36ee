// The conformance suite of the key-value port, as plain cases: a test file runs each against every store that claims
// the port, with the runner it likes. A case that asks for what a store has no notion of (`needs`) is to be skipped by
// name. A case passes when `run` resolves, and fails when it rejects with a reason.

import type { KeyValueCase } from "./key-value-case.ts";
import { concurrencyCases } from "./key-value-concurrency.ts";
import { expiryCases } from "./key-value-expiry.ts";
import { keyCases } from "./key-value-keys.ts";
import { modelCases } from "./key-value-model.ts";
import { valueCases } from "./key-value-values.ts";

export const keyValueCases: readonly KeyValueCase[] = [
  ...valueCases,
  ...keyCases,
  ...expiryCases,
  ...modelCases,
  ...concurrencyCases,
];

export type { KeyValueCase, KeyValueHarness } from "./key-value-case.ts";
