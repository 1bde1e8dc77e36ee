// Conformance of a channel: order, names apart, nothing missed after a subscription, loss that is told, endings.

import { Cancellation } from "../../base/index.ts";
import { CHANNEL_NAME_BYTES_MAX, CHANNEL_TEXT_BYTES_MAX, type Channel, type ChannelEvent } from "../index.ts";
import { equal, refuses } from "./verify.ts";

/** What the suite knows of a channel under test. One harness serves one case. */
export interface ChannelHarness {
  /** Each is a server's own. Those that share go by `sharesTexts`. */
  open: (limits?: { subscribersMax?: number; waitingMax?: number }) => Promise<Channel>;
  /** Whether one hears what another publishes. */
  sharesTexts: boolean;
  close: () => Promise<void>;
}

export interface ChannelCase {
  name: string;
  needs?: "sharesTexts";
  run: (harness: ChannelHarness) => Promise<void>;
}

const TEXTS = ["1", "é 日本語 🜂", '{"a":1}\r\n', "x".repeat(CHANNEL_TEXT_BYTES_MAX)];

async function take(events: AsyncIterable<ChannelEvent>, count: number): Promise<(string | undefined)[]> {
  const taken: (string | undefined)[] = [];
  const reader = events[Symbol.asyncIterator]();
  while (taken.length < count) {
    const { value, done } = await reader.next();
    if (done) break;
    taken.push(value.kind === "text" ? value.text : undefined);
  }
  return taken;
}

export const channelCases: readonly ChannelCase[] = [
  {
    name: "every subscriber of a name gets its texts whole and in order, and no others",
    async run({ open }) {
      const channel = await open();
      const signal = new Cancellation();
      const [one, two, other] = [
        await channel.subscribe("a", signal),
        await channel.subscribe("a", signal),
        await channel.subscribe("b", signal),
      ];
      for (const text of TEXTS) await channel.publish("a", text);
      await channel.publish("b", "other");
      await channel.publish("nobody", "x");
      equal(await take(one, TEXTS.length), TEXTS, "one");
      equal(await take(two, TEXTS.length), TEXTS, "two");
      equal(await take(other, 1), ["other"], "other");
      signal.abort();
    },
  },
  {
    name: "what one server publishes, another's subscribers get",
    needs: "sharesTexts",
    async run({ open }) {
      const [left, right] = [await open(), await open()];
      const signal = new Cancellation();
      const events = await left.subscribe("a", signal);
      for (let text = 0; text < 20; text++) await right.publish("a", String(text));
      equal(
        await take(events, 20),
        Array.from({ length: 20 }, (_, text) => String(text)),
        "texts",
      );
      signal.abort();
    },
  },
  {
    name: "who is too slow is told that texts are lost, and gets those after",
    async run({ open }) {
      const channel = await open({ waitingMax: 4 });
      const signal = new Cancellation();
      const [slow, quick] = [await channel.subscribe("a", signal), await channel.subscribe("a", signal)];
      const reader = quick[Symbol.asyncIterator]();
      // One at a time, so that all have reached this process when the last one has.
      for (let text = 0; text < 10; text++) {
        await channel.publish("a", String(text));
        equal((await reader.next()).value, { kind: "text", text: String(text) }, "quick");
      }
      await channel.publish("a", "end");
      const waiting = slow[Symbol.asyncIterator]();
      equal((await waiting.next()).value, { kind: "lost" }, "told first");
      let last = "";
      for (let text = 0; text < 5 && last !== "end"; text++) last = (await waiting.next()).value?.text;
      equal(last, "end", "those after it");
      signal.abort();
    },
  },
  {
    name: "a signal ends the events, one that aborted before too, and frees its place",
    async run({ open }) {
      const channel = await open({ subscribersMax: 1 });
      const signal = new Cancellation();
      const events = await channel.subscribe("a", signal);
      await refuses("store_unavailable", channel.subscribe("a", new Cancellation()), "one too many");
      const waits = take(events, 1);
      signal.abort();
      equal(await waits, [], "ended");
      equal(await take(await channel.subscribe("a", signal), 1), [], "aborted before");
      const again = new Cancellation();
      const next = await channel.subscribe("a", again);
      await channel.publish("a", "x");
      equal(await take(next, 1), ["x"], "the next one");
      again.abort();
    },
  },
  {
    name: "a channel that is closed ends its events and takes no more",
    async run({ open }) {
      const channel = await open();
      const waits = take(await channel.subscribe("a", new Cancellation()), 1);
      await channel.close();
      equal(await waits, [], "ended");
      await refuses("store_unavailable", channel.publish("a", "x"), "publish");
      await refuses("store_unavailable", channel.subscribe("a", new Cancellation()), "subscribe");
    },
  },
  {
    name: "names and texts have a size",
    async run({ open }) {
      const channel = await open();
      const signal = new Cancellation();
      for (const name of ["", "n".repeat(CHANNEL_NAME_BYTES_MAX + 1), "\ud800"]) {
        await refuses("key_invalid", channel.publish(name, "x"), "name");
        await refuses("key_invalid", channel.subscribe(name, signal), "name to subscribe");
      }
      for (const text of ["", "é".repeat(CHANNEL_TEXT_BYTES_MAX / 2 + 1), "\ud800"]) {
        await refuses("key_invalid", channel.publish("a", text), "text");
      }
    },
  },
];
