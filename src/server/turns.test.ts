import { expect, test } from "bun:test";
import fc from "fast-check";
import { Turns } from "./turns.ts";

function rig(perTurn: number) {
  const due: (() => void)[] = [];
  const begun: number[] = [];
  const turns = new Turns({ perTurn, nextTurn: (run) => due.push(run) });
  const ask = (id: number) => {
    const turn = turns.take();
    if (turn) void turn.then(() => begun.push(id));
    else begun.push(id);
  };
  const turn = async () => {
    for (const run of due.splice(0)) run();
    await Promise.resolve();
  };
  return { turns, ask, turn, begun, due };
}

test("a few calls begin at once, turn after turn", async () => {
  const { ask, turn, begun } = rig(2);
  for (const id of [0, 2, 4]) {
    ask(id);
    ask(id + 1);
    expect(begun.length).toBe(id + 2);
    await turn();
  }
});

test("of a burst, so many begin in each turn, in order, and who comes meanwhile is last", async () => {
  const { turns, ask, turn, begun, due } = rig(2);
  for (const id of [0, 1, 2, 3, 4]) ask(id);
  expect(begun).toEqual([0, 1]);
  expect(turns.waiting).toBe(3);
  await turn();
  expect(begun).toEqual([0, 1, 2, 3]);
  ask(5);
  await turn();
  expect(begun).toEqual([0, 1, 2, 3, 4, 5]);
  await turn();
  await turn();
  expect(due).toEqual([]);
});

test("whenever calls come, none is lost, none overtakes, and no turn begins more than it may", async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 5 }), fc.array(fc.nat(12), { maxLength: 20 }), async (perTurn, arrivals) => {
      const { ask, turn, begun, due } = rig(perTurn);
      let id = 0;
      let before = 0;
      const inTurn = () => {
        const count = begun.length - before;
        before = begun.length;
        return count;
      };
      for (const count of arrivals) {
        for (let index = 0; index < count; index++) ask(id++);
        expect(inTurn()).toBeLessThanOrEqual(perTurn);
        await turn();
      }
      while (due.length > 0) {
        expect(inTurn()).toBeLessThanOrEqual(perTurn);
        await turn();
      }
      expect(begun).toEqual(Array.from({ length: id }, (_, index) => index));
    }),
  );
});
