// The door of the front door.

export { type FrontOptions, type RunningFront, startFront } from "./front.ts";
export { type FrontLimits, frontLimits } from "./front-limits.ts";
export { serverAddress } from "./server-address.ts";
export {
  type FollowOptions,
  followServers,
  type ReadServers,
  serversInFile,
  serversInText,
  serversOfName,
} from "./server-list.ts";
