// How fit an app server is for a new session, from the load that it reports: 100 when idle, less by what is in use, more for
// the same region and for a capability that is asked for. Arithmetic alone; reading the reports is the caller's.

export interface ServerLoad {
  connections: number;
  connectionsMax: number;
  /** In use, 0 to 1. */
  cpu: number;
  /** In use, 0 to 1. */
  memory: number;
  region?: string;
  capabilities?: readonly string[];
}

export interface ServerWish {
  region?: string;
  /** Say "gpu", for code analysis. */
  needs?: string;
}

/** Points: what full use of each costs, and what a match gains. */
export interface ScoreWeights {
  connections?: number;
  cpu?: number;
  memory?: number;
  region?: number;
  capability?: number;
}

const inUse = (share: number): number => (share >= 0 ? Math.min(1, share) : 1);

/** A load that is not a number counts as full: a server that cannot tell gets no new sessions for it. */
export function scoreServer(load: ServerLoad, wish: ServerWish = {}, weights: ScoreWeights = {}): number {
  const { connections = 50, cpu = 30, memory = 20, region = 10, capability = 15 } = weights;
  const isNear = wish.region !== undefined && wish.region === load.region;
  const isCapable = wish.needs !== undefined && load.capabilities?.includes(wish.needs) === true;
  return (
    100 -
    connections * inUse(load.connectionsMax > 0 ? load.connections / load.connectionsMax : 1) -
    cpu * inUse(load.cpu) -
    memory * inUse(load.memory) +
    (isNear ? region : 0) +
    (isCapable ? capability : 0)
  );
}
