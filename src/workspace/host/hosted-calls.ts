// What can be asked of a workspace in another thread, in the words of the wire: plain values in, plain values out. Decides no rights.

import type { WireGraph, WireGrep, WireMap, WirePaths, WireSymbols } from "../../wire/index.ts";
import type { Commit } from "../git/commit-tree.ts";
import { drawDot, drawMermaid } from "../graph/draw-graph.ts";
import type { GraphAsk } from "../graph/graph-view.ts";
import type { GrepQuery } from "../search/grep-query.ts";
import type { MapAnswer, MapOrder, Workspace } from "../workspace.ts";
import type { CommitMaps } from "./commit-maps.ts";

/** Both are made when they are first asked for; making them may throw. */
export interface HostedRoot {
  readonly workspace: () => Workspace;
  readonly commits: () => CommitMaps;
}

export type HostedCalls = ReturnType<typeof hostedCalls>;

export function hostedCalls({ workspace, commits }: HostedRoot) {
  return {
    async glob({ pattern, limit }: { pattern: string; limit: number }, signal: AbortSignal): Promise<WirePaths> {
      const paths = await workspace().glob(pattern, { signal });
      return { paths: paths.slice(0, limit), isComplete: paths.length <= limit };
    },
    async grep(query: GrepQuery, signal: AbortSignal): Promise<WireGrep> {
      const { matches, isComplete, files, binary, closed } = await workspace().grep(query, { signal });
      return { matches: [...matches], isComplete, files, binary, closed };
    },
    async symbols({ name, limit }: { name: string; limit: number }, signal: AbortSignal): Promise<WireSymbols> {
      const { symbols, ...rest } = await workspace().symbols(name, limit, { signal });
      return { symbols: [...symbols], ...rest };
    },
    async graph(ask: GraphAsk, signal: AbortSignal): Promise<WireGraph> {
      const { nodes, edges, cycles, missing, external, ...rest } = await workspace().graph(ask, { signal });
      return {
        ...{ nodes: [...nodes], edges: [...edges], cycles: cycles.map((group) => [...group]) },
        ...{ missing: [...missing], external: [...external], ...rest },
      };
    },
    async drawing({ as, ask }: { as: "dot" | "mermaid"; ask: GraphAsk }, signal: AbortSignal): Promise<{ text: string }> {
      const view = await workspace().graph(ask, { signal });
      return { text: as === "dot" ? drawDot(view) : drawMermaid(view) };
    },
    async map(order: MapOrder, signal: AbortSignal): Promise<WireMap> {
      return mapOnWire(await workspace().map(order, { signal }));
    },
    /** Null: there is no such commit. */
    async commit({ name }: { name: string }, signal: AbortSignal): Promise<Commit | null> {
      return (await commits().find(name, signal)) ?? null;
    },
    /** `commit`: its whole id. Null: there is no such commit. */
    async commitMap({ commit, order }: { commit: string; order: MapOrder }, signal: AbortSignal): Promise<WireMap | null> {
      const answer = await commits().map(commit, order, signal);
      return answer ? mapOnWire(answer) : null;
    },
  };
}

const mapOnWire = ({ text, tokens, tokenizer, stateId, files }: MapAnswer): WireMap => ({
  ...{ text, tokens, tokenizer, stateId },
  files: files.map(({ path, definitions }) => ({ path, definitions: [...definitions] })),
});
