// Signatures of thinking. A provider refuses thinking that comes back changed, so the scripted model does too: that is
// how a test sees whether everything between client and model kept the bytes.

import { createHash } from "node:crypto";

const PREFIX = "U2NyaXB0ZWQ"; // "Scripted" in base64

/** The signature of a text: base64, the same for the same text. */
export const sealOf = (thinking: string): string =>
  `${PREFIX}${createHash("sha256").update("millrace scripted model\0").update(thinking).digest("base64")}`;

/** False when the signature is one of ours and belongs to another text. Signatures of real providers pass. */
export const sealHolds = (thinking: string, seal: string): boolean => !seal.startsWith(PREFIX) || seal === sealOf(thinking);
