// A channel over Redis or Valkey publish and subscribe. All subscriptions of a process share one connection, which is made again when it broke:
// subscribers are told then that texts may be lost. Publishing goes over a connection of its own. In Redis a name is `<namespace>:<name>`.

import { RedisClient } from "bun";
import { type Abortable, type Clock, Mailbox, MillraceError, orAbort } from "../../base/index.ts";
import { type Channel, type ChannelEvent, checkChannelName, checkChannelText, checkNamespace } from "../../ports/index.ts";
import { RedisConnection, type RedisConnectionOptions } from "./redis-connection.ts";

export interface RedisChannelOptions extends RedisConnectionOptions {
  /** See checkNamespace in ports. */
  namespace: string;
  /** Over all names. Default 10,000. */
  subscribersMax?: number;
  /** Texts that wait for one subscriber; of more it loses all. Default 256. */
  waitingMax?: number;
}

const LOST: ChannelEvent = { kind: "lost" };
const CONNECT_MS_MAX = 2000;
const RECONNECT_WAIT_MS = 250;

export class RedisChannel implements Channel {
  readonly #publisher: RedisConnection;
  readonly #names = new Map<string, Set<Mailbox<ChannelEvent>>>();
  readonly #clock: Clock;
  readonly #options: Required<
    Pick<RedisChannelOptions, "url" | "namespace" | "subscribersMax" | "waitingMax" | "connectTimeoutMs">
  >;
  #client: Promise<RedisClient> | undefined;
  readonly #listening = new Map<string, Promise<void>>();
  #commands: Promise<void> = Promise.resolve();
  #subscribers = 0;
  #isClosed = false;

  /** Does not connect: the first call does. Throws `option_invalid`. */
  constructor({ namespace, subscribersMax = 10_000, waitingMax = 256, ...options }: RedisChannelOptions) {
    checkNamespace(namespace);
    for (const [name, value] of Object.entries({ subscribersMax, waitingMax })) {
      if (Number.isSafeInteger(value) && value >= 1) continue;
      throw new MillraceError("option_invalid", `A channel's \`${name}\` is a whole number of 1 or more.`);
    }
    this.#publisher = new RedisConnection(options);
    this.#clock = options.clock;
    const { url, connectTimeoutMs = CONNECT_MS_MAX } = options;
    this.#options = { url, namespace, subscribersMax, waitingMax, connectTimeoutMs };
  }

  async publish(name: string, text: string): Promise<void> {
    checkChannelName(name);
    checkChannelText(text);
    await this.#publisher.run(name.length + text.length, (client) => client.publish(this.#nameInRedis(name), text));
  }

  async subscribe(name: string, signal: Abortable): Promise<AsyncIterable<ChannelEvent>> {
    checkChannelName(name);
    if (this.#isClosed) throw unavailable("The channel is closed.");
    if (this.#subscribers >= this.#options.subscribersMax) throw unavailable("The channel has as many subscribers as may be.");
    const box = new Mailbox<ChannelEvent>(this.#options.waitingMax, LOST);
    const boxes = this.#names.get(name);
    if (boxes) boxes.add(box);
    else this.#names.set(name, new Set([box]));
    this.#subscribers++;
    try {
      // Also when the name has subscribers already: theirs may still be on its way.
      await orAbort(this.#listen(name), signal);
    } catch (error) {
      this.#leave(name, box);
      if (signal.aborted) return box.read(signal);
      throw asUnavailable(error);
    }
    if (signal.aborted) this.#leave(name, box);
    else signal.addEventListener("abort", () => this.#leave(name, box), { once: true });
    return box.read(signal);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const boxes of this.#names.values()) for (const box of boxes) box.close();
    this.#names.clear();
    this.#publisher.close();
    const client = await this.#client?.catch(() => undefined);
    client?.close();
  }

  /** Once a name: the driver calls a listener as often as it was given. */
  #listen(name: string): Promise<void> {
    const there = this.#listening.get(name);
    if (there) return there;
    const listening = this.#inTurn(async () => {
      const client = await this.#connected();
      await this.#inTime(client.subscribe(this.#nameInRedis(name), this.#hand), client);
    });
    this.#listening.set(name, listening);
    listening.catch(() => {
      if (this.#listening.get(name) === listening) this.#listening.delete(name);
    });
    return listening;
  }

  /** One after the other: a name that is left and wanted again must not be left last. */
  #inTurn(command: () => Promise<void>): Promise<void> {
    const done = this.#commands.then(command);
    this.#commands = done.catch(() => {});
    return done;
  }

  readonly #hand = (text: string, nameInRedis: string): void => {
    const name = nameInRedis.slice(this.#options.namespace.length + 1);
    for (const box of this.#names.get(name) ?? []) box.put({ kind: "text", text });
  };

  #connected(): Promise<RedisClient> {
    this.#client ??= this.#connect();
    return this.#client;
  }

  async #connect(): Promise<RedisClient> {
    const { url, connectTimeoutMs } = this.#options;
    const client = new RedisClient(url, { connectionTimeout: connectTimeoutMs, autoReconnect: false, enableOfflineQueue: false });
    try {
      await this.#inTime(client.connect(), client);
    } catch (error) {
      this.#client = undefined;
      throw error;
    }
    client.onclose = () => this.#lost();
    return client;
  }

  /** Whoever listened is told, and listens again as soon as that can be. */
  #lost(): void {
    this.#client = undefined;
    this.#listening.clear();
    for (const boxes of this.#names.values()) for (const box of boxes) box.lose();
    this.#listenLater();
  }

  #listenLater(): void {
    if (this.#isClosed || this.#names.size === 0) return;
    this.#clock.schedule(RECONNECT_WAIT_MS, () => void this.#listenAgain());
  }

  async #listenAgain(): Promise<void> {
    if (this.#isClosed) return;
    try {
      for (const name of [...this.#names.keys()]) await this.#listen(name);
      for (const boxes of this.#names.values()) for (const box of boxes) box.lose();
    } catch {
      if (this.#client === undefined) this.#listenLater();
    }
  }

  #leave(name: string, box: Mailbox<ChannelEvent>): void {
    const boxes = this.#names.get(name);
    if (!boxes?.delete(box)) return;
    this.#subscribers--;
    box.close();
    if (boxes.size > 0) return;
    this.#names.delete(name);
    // Texts of a name that nobody listens to are thrown away until Redis heard of it.
    this.#listening.delete(name);
    void this.#inTurn(async () => {
      const client = await this.#client;
      if (client) await this.#inTime(client.unsubscribe(this.#nameInRedis(name)), client);
    }).catch(() => {});
  }

  #inTime<T>(work: Promise<T>, client: RedisClient): Promise<T> {
    const { connectTimeoutMs } = this.#options;
    return new Promise((resolve, reject) => {
      const cancel = this.#clock.schedule(connectTimeoutMs, () => {
        reject(unavailable(`Redis did not answer within ${connectTimeoutMs} ms.`));
        client.close();
      });
      work.then(resolve, reject).finally(cancel);
    });
  }

  #nameInRedis = (name: string): string => `${this.#options.namespace}:${name}`;
}

const unavailable = (message: string): MillraceError => new MillraceError("store_unavailable", message);

const asUnavailable = (error: unknown): MillraceError =>
  MillraceError.is(error) ? error : unavailable(`Redis refused or lost a subscription: ${String(error)}.`);
