// The stages cover every test file once, and refuse names they do not know.

import { expect, test } from "bun:test";
import { chooseStages, stages } from "./stages.ts";

test.each([
  "src/base/id.test.ts",
  "test/tidy.test.ts",
  "test/tidy/scan.test.ts",
  "test/stores.test.ts",
  "test/simulation/flow.test.ts",
  "test/system/sdk.test.ts",
  "test/clients/codex.test.ts",
  "bench/kit/x.test.ts",
])("%s belongs to exactly one stage", (path) => {
  expect(stages.filter((stage) => "files" in stage && stage.files(path))).toHaveLength(1);
});

test("a stage is chosen by name, the fast ones together, all without a name", () => {
  const all = chooseStages([]).map((stage) => stage.name);
  expect(all).toEqual(stages.map((stage) => stage.name).filter((name) => name !== "clients" && name !== "kills"));
  expect(chooseStages(["clients"]).map((stage) => stage.name)).toEqual(["clients"]);
  expect(chooseStages(["kills"]).map((stage) => stage.name)).toEqual(["kills"]);
  expect(chooseStages(["system"]).map((stage) => stage.name)).toEqual(["system"]);
  expect(chooseStages(["fast"]).map((stage) => stage.name)).toEqual([
    "types",
    "neutral types",
    "lint",
    "tidy",
    "unit",
    "simulation",
  ]);
  expect(() => chooseStages(["slow"])).toThrow('No stage "slow"');
});
