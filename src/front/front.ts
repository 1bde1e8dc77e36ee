// The front door: listens, spreads what comes over the app servers, and stops gracefully.

import { type Clock, MillraceError, type Random, systemClock, systemRandom } from "../base/index.ts";
import { type AdminServer, startAdmin } from "./admin.ts";
import { ClientConnection } from "./client-connection.ts";
import { Fleet, type FleetOptions } from "./fleet.ts";
import type { FrontContext } from "./front-context.ts";
import { FrontCounts } from "./front-counts.ts";
import { checkedLimits, type FrontLimits } from "./front-limits.ts";
import { refusal, refusalBytes } from "./refusal.ts";
import { Sweep } from "./sweep.ts";

export interface FrontOptions extends Pick<FleetOptions, "servers" | "wish" | "pollMs" | "slowStartMs" | "balancer"> {
  readonly host: string;
  /** 0: a free one. */
  readonly port: number;
  /** Port of `/healthz`, `/readyz` and `/metrics`, on the same host. Default: none. */
  readonly adminPort?: number;
  /** Believe `x-forwarded-*` of those who connect. Default: no. */
  readonly trustsProxy?: boolean;
  readonly limits?: Partial<FrontLimits>;
  readonly clock?: Clock;
  readonly random?: Random;
}

export interface RunningFront {
  readonly url: string;
  readonly adminUrl: string | undefined;
  readonly openConnections: number;
  /** Another list of servers; those that stay keep their sessions. */
  setServers(servers: readonly URL[]): void;
  /** Accepts no more, lets requests finish within `shutdownMs`, then cuts what is left. */
  stop(): Promise<void>;
}

const SWEEP_MS = 250;
const BACKLOG_REFUSAL = refusalBytes(
  refusal(503, "connections_full", "This front door has as many connections as it may. Try again.", { retryAfterSeconds: 2 }),
  true,
);

/** Throws `option_invalid`, and what the system says of an address that cannot be listened on. */
export function startFront(options: FrontOptions): RunningFront {
  const { host, port, adminPort, clock = systemClock, random = systemRandom, trustsProxy = false } = options;
  const limits = checkedLimits(options.limits);
  const pseudonym = `millrace-${Buffer.from(random.bytes(6)).toString("hex")}`;
  const fleet = new Fleet({ ...options, clock, random, agent: pseudonym });
  const sweep = new Sweep(clock, SWEEP_MS);
  const clients = new Set<ClientConnection>();
  const context = { limits, fleet, sweep, counts: new FrontCounts(), pseudonym, trustsProxy, isDraining: false };
  const emptied = Promise.withResolvers<void>();
  const left = (client: ClientConnection) => {
    clients.delete(client);
    sweep.delete(client);
    client.onClose();
    if (context.isDraining && clients.size === 0) emptied.resolve();
  };
  let listener: Bun.TCPSocketListener<ClientConnection> | undefined;
  let admin: AdminServer | undefined;
  try {
    listener = listen(host, port, context, clients, left);
    admin =
      adminPort === undefined
        ? undefined
        : startAdmin({ host, port: adminPort, context, clock, connections: () => clients.size });
  } catch (error) {
    listener?.stop(true);
    fleet.close();
    sweep.stop();
    throw error;
  }
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${listener.port}`,
    adminUrl: admin?.url,
    get openConnections() {
      return clients.size;
    },
    setServers: (servers) => fleet.setServers(servers),
    async stop() {
      context.isDraining = true;
      listener.stop(false);
      for (const client of [...clients]) client.closeIfIdle();
      if (clients.size === 0) emptied.resolve();
      const given = new AbortController();
      await Promise.race([emptied.promise, clock.sleep(limits.shutdownMs, given.signal).catch(() => {})]);
      given.abort();
      for (const client of [...clients]) client.destroy();
      sweep.stop();
      fleet.close();
      await admin?.stop();
    },
  };
}

function listen(
  hostname: string,
  port: number,
  context: FrontContext,
  clients: Set<ClientConnection>,
  left: (client: ClientConnection) => void,
): Bun.TCPSocketListener<ClientConnection> {
  if (hostname === "") throw new MillraceError("option_invalid", "A front door needs an address to listen on.");
  return Bun.listen<ClientConnection>({
    hostname,
    port,
    socket: {
      open(socket) {
        if (clients.size >= context.limits.connectionsMax) {
          socket.write(BACKLOG_REFUSAL);
          socket.end();
          return;
        }
        const client = new ClientConnection(socket, context);
        socket.data = client;
        clients.add(client);
        context.sweep.add(client);
      },
      data: ({ data }, bytes) => data?.onData(bytes),
      drain: ({ data }) => data?.onDrain(),
      close: ({ data }) => void (data && left(data)),
      error: (socket) => socket.terminate(),
    },
  });
}
