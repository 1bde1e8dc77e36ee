// Lists put together from stored bytes are the JSON of the messages, whatever their size, one list after the other.

import { expect, test } from "bun:test";
import type { Message } from "../../ports/index.ts";
import { message } from "./testing.ts";
import { MessageListText } from "./thread-message-text.ts";
import { encodeMessage } from "./thread-record.ts";

const TEXTS = ["plain", "naïve — 検索 𐐷", '"quoted" \\ \n', "x".repeat(3000), "é".repeat(1500)];

function put(list: MessageListText, count: number): Message[] {
  return Array.from({ length: count }, (_, index) => {
    const each = message(`m${index}`, TEXTS[index % TEXTS.length] ?? "");
    expect(list.addRecord(encodeMessage(each).bytes, index + 1)).toBe(true);
    return { ...each, sequence: index + 1 };
  });
}

test("a list of any size is what was stored, with its sequences; the next one begins empty", () => {
  const list = new MessageListText();
  for (const count of [0, 1, 3, 2000, 5]) {
    const messages = put(list, count);
    expect(JSON.parse(list.take())).toEqual(messages);
  }
});

test("whole messages stand between stored ones; of a broken record nothing is added", () => {
  const list = new MessageListText();
  const [first] = put(list, 1);
  const broken = encodeMessage(message("m", "text")).bytes;
  broken[20] = (broken[20] ?? 0) ^ 1;
  expect(list.addRecord(broken, 2)).toBe(false);
  expect(list.addRecord(new Uint8Array(3), 2)).toBe(false);
  list.add({ sequence: 2, corrupt: true });
  const large = { ...message("m3", "é".repeat(2_000_000)), sequence: 3 };
  list.add(large);
  expect(JSON.parse(list.take())).toEqual([first, { sequence: 2, corrupt: true }, large]);
  expect(list.take()).toBe("[]");
});
