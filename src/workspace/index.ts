// The door of the workspace: files, lists, searches and maps of repositories, computed once.

export type { Watched } from "./analyst.ts";
export { assessLocalisation, type Localisation } from "./assess/assess-localisation.ts";
export { type FoundFiles, meanOf } from "./assess/found-files.ts";
export { FileCache, type FileCacheOptions, type FileCacheStats } from "./files/file-cache.ts";
export type { FileText } from "./files/text-of.ts";
export type { FoundReference, FoundReferences } from "./find-references.ts";
export type { FoundSymbol, FoundSymbols } from "./find-symbols.ts";
export { drawDot, drawMermaid } from "./graph/draw-graph.ts";
export type { GraphAsk, GraphDirection, GraphEdge, GraphNode, GraphView } from "./graph/graph-view.ts";
export { answerAsks, type Calls, type Hosted } from "./host/answer-asks.ts";
export { CommitMaps, type CommitMapsOptions } from "./host/commit-maps.ts";
export { type HostedCalls, type HostedRoot, hostedCalls } from "./host/hosted-calls.ts";
export { type ServedFile, ServedFiles, type ServedFilesOptions } from "./host/served-files.ts";
export { checkOwnRepository, type RootKind, rootKind } from "./host/workspace-root.ts";
export { WorkspaceThread, type WorkspaceThreadOptions, type WorkspaceThreadStats } from "./host/workspace-thread.ts";
export { FileList, type FileListOptions, type FileListStats } from "./list/file-list.ts";
export { escapeControls } from "./map/escape-controls.ts";
export { MAP_BUDGET_MAX, MAP_BUDGET_MIN } from "./map/repository-map.ts";
export type { GrepQuery } from "./search/grep-query.ts";
export type { GrepAnswer } from "./search/search-files.ts";
export { isSound } from "./share/is-sound.ts";
export { LayeredRecords, type LayeredRecordsOptions } from "./share/layered-records.ts";
export { ServerRecords, type ServerRecordsOptions, type ServerRecordsStats } from "./share/server-records.ts";
export { type Kept, SharedRecords, type SharedRecordsOptions } from "./share/shared-records.ts";
export {
  type GraphAnswer,
  type MapAnswer,
  type MapOrder,
  type ReferencesAnswer,
  type SymbolsAnswer,
  Workspace,
  type WorkspaceOptions,
  type WorkspaceStats,
} from "./workspace.ts";
