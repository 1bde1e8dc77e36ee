// The door of the conformance suites: what a store must do to claim a port, for any test runner.

export { type KeyValueCase, type KeyValueHarness, keyValueCases } from "./key-value.ts";
