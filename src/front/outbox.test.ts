// What is added leaves once and in order, whatever the kernel takes, in as few writes as copying is worth.

import { expect, test } from "bun:test";
import fc from "fast-check";
import { Outbox } from "./outbox.ts";

function outbox(room: number) {
  const written: Buffer[] = [];
  const socket = {
    room,
    write(bytes: Uint8Array): number {
      const taken = Math.min(socket.room, bytes.byteLength);
      written.push(Buffer.from(bytes.subarray(0, taken)));
      socket.room -= taken;
      return taken;
    },
  };
  return { socket, written, box: new Outbox(socket) };
}

test("pieces of one event leave in one write, as Latin-1 where they are text", () => {
  const { box, written } = outbox(1000);
  box.add("a\u00e4");
  box.add(Buffer.from([1, 2]));
  expect([box.flush(), box.isBlocked]).toEqual([true, false]);
  expect(written).toEqual([Buffer.from([0x61, 0xe4, 1, 2])]);
  expect(box.flush()).toBe(true);
  expect(written.length).toBe(1);
});

test("large pieces are written as they are, without a copy", () => {
  const { box, written } = outbox(1_000_000);
  const large = Buffer.alloc(100_000, 7);
  box.add("head");
  box.add(large);
  expect(box.flush()).toBe(true);
  expect(written.map(({ byteLength }) => byteLength)).toEqual([4, 100_000]);
});

test("what the kernel does not take waits, and nothing overtakes it", () => {
  const part = fc.oneof(
    fc.string({ maxLength: 20, unit: "binary-ascii" }),
    fc.nat(90_000).map((size) => Buffer.alloc(size, "x")),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(part, fc.nat(60_000)), { maxLength: 12 }), (steps) => {
      const { box, socket, written } = outbox(0);
      for (const [piece, room] of steps) {
        box.add(piece);
        socket.room = room;
        const isAllGone = box.isBlocked ? box.drain() : box.flush();
        expect(isAllGone).toBe(!box.isBlocked);
      }
      socket.room = 10_000_000;
      expect(box.drain()).toBe(true);
      const all = Buffer.concat(steps.map(([piece]) => (typeof piece === "string" ? Buffer.from(piece, "latin1") : piece)));
      expect(Buffer.concat(written).equals(all)).toBe(true);
    }),
    { numRuns: 200 },
  );
});

test("a socket that is closed takes all, so that nothing waits for it", () => {
  const box = new Outbox({ write: () => -1 });
  box.add("lost");
  expect([box.flush(), box.isBlocked]).toEqual([true, false]);
});
