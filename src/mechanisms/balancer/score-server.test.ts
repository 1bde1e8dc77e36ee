import { expect, test } from "bun:test";
import { scoreServer } from "./index.ts";

const idle = { connections: 0, connectionsMax: 100, cpu: 0, memory: 0, region: "eu", capabilities: ["gpu"] };

test("an idle server has 100 points, a full one none", () => {
  expect(scoreServer(idle)).toBe(100);
  expect(scoreServer({ ...idle, connections: 100, cpu: 1, memory: 1 })).toBe(0);
  expect(scoreServer({ ...idle, connections: 50, cpu: 0.5, memory: 0.5 })).toBe(50);
});

test("its region and a capability count when they are wished for", () => {
  expect(scoreServer(idle, { region: "eu" })).toBe(110);
  expect(scoreServer(idle, { region: "us", needs: "gpu" })).toBe(115);
  expect(scoreServer(idle, { needs: "tpu" })).toBe(100);
});

test("what is over the limit, or cannot be told, counts as full", () => {
  expect(scoreServer({ ...idle, connections: 300, cpu: Number.NaN, memory: -1 })).toBe(0);
  expect(scoreServer({ ...idle, connectionsMax: 0 })).toBe(50);
});

test("weights are the caller's", () => {
  expect(scoreServer({ ...idle, cpu: 1 }, { region: "eu" }, { cpu: 60, region: 25 })).toBe(65);
});
