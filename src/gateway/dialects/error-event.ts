// The event that ends a broken stream in the words of its model API, for those who carry streams without reading them.

import type { DialectName, Endpoint, RefusalKind } from "./dialect.ts";
import { dialects } from "./dialects.ts";

const BLANK_LINE = "\n\n";

/**
 * Whole, with its blank line at the end.
 * @param last the end of what was sent before: an event that is not finished is ended by a blank line first, or the error
 * would be read as a part of it
 */
export function errorEvent(
  dialect: DialectName,
  endpoint: Endpoint,
  kind: RefusalKind,
  message: string,
  last: string,
): Uint8Array {
  const event = dialects[dialect].errorEvent(endpoint, kind, message);
  return last === "" || last.endsWith(BLANK_LINE) || last.endsWith("\r\n\r\n")
    ? event
    : Buffer.concat([Buffer.from(BLANK_LINE), event]);
}
