// Addresses on loopback where no server answers: one that refuses, one that swallows. Both hold their port, so nothing
// else can take it meanwhile. Made with the C library, because no runtime lets a program listen without accepting. Linux only.

import { dlopen } from "bun:ffi";
import net from "node:net";
import { MillraceError } from "../../src/base/index.ts";

export interface Unreachable {
  readonly url: string;
  readonly port: number;
  close(): void;
}

const AF_INET = 2;
const SOCK_STREAM = 1;
const ADDRESS_BYTES = 16;

function bound(): { fd: number; port: number; listen(): void; close(): void } {
  if (process.platform !== "linux")
    throw new MillraceError("engine_missing", "An address that nobody answers can only be made on Linux.");
  const { symbols } = dlopen("libc.so.6", {
    socket: { args: ["int", "int", "int"], returns: "int" },
    bind: { args: ["int", "ptr", "u32"], returns: "int" },
    listen: { args: ["int", "int"], returns: "int" },
    getsockname: { args: ["int", "ptr", "ptr"], returns: "int" },
    close: { args: ["int"], returns: "int" },
  });
  const fd = symbols.socket(AF_INET, SOCK_STREAM, 0);
  const address = new Uint8Array(ADDRESS_BYTES); // struct sockaddr_in: family, port, address
  address.set([AF_INET, 0, 0, 0, 127, 0, 0, 1]);
  const length = new Uint32Array([ADDRESS_BYTES]);
  if (symbols.bind(fd, address, ADDRESS_BYTES) !== 0 || symbols.getsockname(fd, address, length) !== 0) {
    throw new MillraceError("engine_missing", "The system gave no port on loopback.");
  }
  const port = new DataView(address.buffer).getUint16(2);
  return { fd, port, listen: () => void symbols.listen(fd, 0), close: () => void symbols.close(fd) };
}

/** Refuses every connection at once. */
export function refusingAddress(): Unreachable {
  const { port, close } = bound();
  return { url: `http://127.0.0.1:${port}`, port, close };
}

/** Takes no connection and refuses none: connecting hangs. Its queue of one is taken by a connection of its own. */
export async function blackHole(): Promise<Unreachable> {
  const { port, listen, close } = bound();
  listen();
  const filler = net.connect(port, "127.0.0.1");
  await new Promise((resolve, reject) => filler.once("connect", resolve).once("error", reject));
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    close() {
      filler.destroy();
      close();
    },
  };
}
