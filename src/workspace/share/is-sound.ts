// Whether bytes of a stranger are what a key of records says: of these scanners, of that language, and a record in all their parts.

import { isSoundRecord } from "../records/record-codec.ts";
import { isLanguage } from "../scan/languages.ts";
import { SCANNER_VERSION } from "../scan/record.ts";

const KEY = /^(\d+)\.([a-z]+)\.(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

export function isSound(key: string, bytes: Uint8Array): boolean {
  const [, version, language = ""] = KEY.exec(key) ?? [];
  return Number(version) === SCANNER_VERSION && isLanguage(language) && isSoundRecord(bytes, language);
}
