// The door of the wire: the contract of /api, shared by server, edge, command line and dashboard.

export { API_ERRORS, type ApiErrorCode, apiError } from "./error.ts";
export { openApiDocument } from "./openapi.ts";
export { type ApiRoute, type ApiRouteName, apiRoutes, type BodyOf, type QueryOf } from "./routes.ts";
export {
  PAGE_LIMIT_MAX,
  type WireMessage,
  type WireMessagePage,
  type WireNewMessage,
  type WireShare,
  type WireThread,
  type WireThreadEvent,
} from "./threads.ts";
export type { WireGraph, WireGrep, WireMap, WirePaths, WireSymbols, WireWorkspaceList } from "./workspaces.ts";
