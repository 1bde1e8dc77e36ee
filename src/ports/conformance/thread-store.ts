// The conformance suite of the thread store, as plain cases: a test file runs each against every store that claims the port,
// with the runner it likes. A case that asks for what a store has no notion of (`needs`) is to be skipped by name. A case
// passes when `run` resolves, and fails when it rejects with a reason.

import { batchCases } from "./thread-store-batches.ts";
import type { ThreadStoreCase } from "./thread-store-case.ts";
import { changeCases } from "./thread-store-changes.ts";
import { contentCases } from "./thread-store-content.ts";
import { listingCases } from "./thread-store-listing.ts";
import { modelCases } from "./thread-store-model.ts";
import { readingCases } from "./thread-store-reading.ts";
import { rightsCases } from "./thread-store-rights.ts";
import { searchCases } from "./thread-store-search.ts";
import { shareCases } from "./thread-store-shares.ts";
import { writingCases } from "./thread-store-writing.ts";

export const threadStoreCases: readonly ThreadStoreCase[] = [
  ...writingCases,
  ...batchCases,
  ...readingCases,
  ...contentCases,
  ...shareCases,
  ...listingCases,
  ...rightsCases,
  ...searchCases,
  ...changeCases,
  ...modelCases,
];

export type { ThreadStoreCase, ThreadStoreHarness } from "./thread-store-case.ts";
export { agreeWithModel } from "./thread-store-model.ts";
