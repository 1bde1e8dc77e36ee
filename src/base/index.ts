// The door of base: words that every room may use. Imports nothing, runs anywhere.

export { orAbort } from "./abort.ts";
export { concat, splice, text, utf8 } from "./bytes.ts";
export { type Abortable, Cancellation } from "./cancellation.ts";
export { type Cancel, type Clock, systemClock } from "./clock.ts";
export { type ErrorCode, errorCodes, MillraceError } from "./error.ts";
export { type IdSource, uuidv7Source } from "./id.ts";
export { Mailbox } from "./mailbox.ts";
export { nearestName } from "./nearest.ts";
export { type Random, seededRandom, systemRandom } from "./random.ts";
export { Secret } from "./secret.ts";
export { VirtualClock } from "./virtual-clock.ts";
