// The list of models: no body and no model; the same for everyone with the same credential.

import type { EndpointPart } from "./endpoint-part.ts";
import { entriesOf, jsonOnly } from "./json-only.ts";

export const models: EndpointPart = {
  ...jsonOnly,
  problem: () => undefined,
  fingerprint: () => "",
  usageOf: () => undefined,
  storable: (answer) => entriesOf(answer).length > 0,
};
