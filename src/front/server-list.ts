// Where the list of app servers comes from when it may change: a file, one address a line, or the addresses of a name. Both
// are asked again and again, and a list that cannot be used leaves the one before in force.

import { lookup } from "node:dns/promises";
import { readFile } from "node:fs/promises";
import { type Cancel, type Clock, MillraceError } from "../base/index.ts";
import { serverAddress } from "./server-address.ts";

/** Rejects when there is no list that can be used; a MillraceError says what to do. */
export type ReadServers = () => Promise<URL[]>;

const FILE_BYTES_MAX = 1024 * 1024;

/** One address a line; empty lines and what follows a `#` are overlooked. Throws `config_invalid` with the line's number. */
export function serversInText(text: string): URL[] {
  const servers = new Map<string, URL>();
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const address = line.replace(/#.*$/, "").trim();
    if (address === "") continue;
    try {
      const url = serverAddress(address);
      servers.set(url.origin, url);
    } catch (cause) {
      const words = MillraceError.is(cause) ? cause.message : "";
      throw new MillraceError("config_invalid", `Line ${index + 1} of the list of servers: ${words}`, { cause });
    }
  }
  if (servers.size === 0) throw new MillraceError("config_invalid", "The list of servers is empty. Write one address a line.");
  return [...servers.values()];
}

export function serversInFile(path: string): ReadServers {
  return async () => {
    const text = await readFile(path, "utf8");
    if (text.length > FILE_BYTES_MAX) throw new MillraceError("config_invalid", "The list of servers is longer than 1 MiB.");
    return serversInText(text);
  };
}

type Lookup = (name: string) => Promise<readonly { readonly address: string }[]>;

const systemLookup: Lookup = (name) => lookup(name, { all: true });

/** All addresses of a name, IPv4 and IPv6. @param nameAndPort `servers.internal:7878` */
export function serversOfName(nameAndPort: string, find: Lookup = systemLookup): ReadServers {
  const [, name = "", port = ""] = /^([A-Za-z0-9._-]+):(\d{1,5})$/.exec(nameAndPort) ?? [];
  if (name === "" || Number(port) > 65_535) {
    throw new MillraceError(
      "option_invalid",
      `${JSON.stringify(nameAndPort.slice(0, 200))} is no name and port. Write it like servers.internal:7878.`,
    );
  }
  return async () => {
    const found = await find(name);
    if (found.length === 0) throw new MillraceError("config_invalid", `${name} has no addresses.`);
    const hosts = found.map(({ address }) => (address.includes(":") ? `[${address}]` : address));
    return [...new Set(hosts)].sort().map((host) => serverAddress(`http://${host}:${port}`));
  };
}

export interface FollowOptions {
  readonly clock: Clock;
  readonly everyMs: number;
  /** Called with each list that differs from the one before. */
  readonly onServers: (servers: readonly URL[]) => void;
  /** Called once for each problem, in words for people. The list before stays in force. */
  readonly onProblem: (words: string) => void;
}

/** Reads now, and again each `everyMs` until it is stopped. The promise is that of the first reading; it never rejects. */
export function followServers(
  read: ReadServers,
  options: FollowOptions,
): { readonly first: Promise<void>; readonly stop: Cancel } {
  const { clock, everyMs, onServers, onProblem } = options;
  if (!(Number.isFinite(everyMs) && everyMs > 0))
    throw new MillraceError("option_invalid", "`everyMs` must be over 0 and finite.");
  let [known, problem, isStopped] = ["", "", false];
  let cancel: Cancel = () => {};
  const look = async (): Promise<void> => {
    try {
      const servers = await read();
      const origins = servers.map(({ origin }) => origin).join(" ");
      if (!isStopped && origins !== known) onServers(servers);
      [known, problem] = [origins, ""];
    } catch (error) {
      const words = wordsOf(error);
      if (!isStopped && words !== problem) onProblem(words);
      problem = words;
    }
    if (!isStopped) cancel = clock.schedule(everyMs, () => void look());
  };
  const first = look();
  return {
    first,
    stop: () => {
      isStopped = true;
      cancel();
    },
  };
}

function wordsOf(error: unknown): string {
  if (MillraceError.is(error)) return error.message;
  const code = (error as { code?: unknown } | null)?.code;
  return `The list of servers cannot be read (${typeof code === "string" ? code : "unknown reason"}).`;
}
