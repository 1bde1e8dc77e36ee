// X.509 certificates made while a test runs: an authority of its own, and what it issues, right or wrong. Written in DER
// by hand (RFC 5280), so that no program and no file with a date of expiry is needed. For tests only: nothing is checked.

import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { isIP } from "node:net";

export interface Issued {
  /** PEM. */
  readonly cert: string;
  /** PEM. */
  readonly key: string;
}

export interface Wish {
  /** Host names and IPv4 addresses that it is for. */
  readonly names: readonly string[];
  /** Days from today. Default: from yesterday until tomorrow. */
  readonly days?: readonly [from: number, until: number];
}

export interface Authority {
  /** Its own certificate, PEM: to be trusted. */
  readonly cert: string;
  issue(wish: Wish): Issued;
}

const DAY_MS = 86_400_000;
const [BOOLEAN, INTEGER, BITS, OCTETS, OID, TEXT, UTC_TIME, SEQUENCE, SET] = [1, 2, 3, 4, 6, 12, 23, 0x30, 0x31] as const;

export function authority(name: string): Authority {
  const pair = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  const mayIssue = extension([0x55, 0x1d, 0x13], der(SEQUENCE, der(BOOLEAN, [0xff])), true);
  const own = certificate(
    { subject: name, issuer: name, days: [-1, 1], extensions: [mayIssue], key: pair.publicKey },
    pair.privateKey,
  );
  return { cert: own, issue: (wish) => issue(wish, name, pair.privateKey) };
}

/** Signed by nobody but itself. */
export function selfSigned(wish: Wish): Issued {
  return issue(wish, wish.names[0] ?? "", undefined);
}

function issue({ names, days = [-1, 1] }: Wish, issuer: string, signer: KeyObject | undefined): Issued {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  const [DNS_NAME, ADDRESS] = [0x82, 0x87];
  const alternatives = names.map((name) =>
    isIP(name) ? der(ADDRESS, name.split(".").map(Number)) : der(DNS_NAME, Buffer.from(name)),
  );
  const extensions = [extension([0x55, 0x1d, 0x11], der(SEQUENCE, ...alternatives), false)];
  const cert = certificate({ subject: names[0] ?? "", issuer, days, extensions, key: publicKey }, signer ?? privateKey);
  return { cert, key: privateKey.export({ type: "pkcs8", format: "pem" }) as string };
}

interface Content {
  readonly subject: string;
  readonly issuer: string;
  readonly days: readonly [number, number];
  readonly extensions: readonly Buffer[];
  readonly key: KeyObject;
}

function certificate({ subject, issuer, days, extensions, key }: Content, signer: KeyObject): string {
  const algorithm = der(SEQUENCE, der(OID, [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02])); // ecdsa-with-SHA256
  const [VERSION, EXTENSIONS] = [0xa0, 0xa3];
  const serial = crypto.getRandomValues(new Uint8Array(8));
  serial[0] = 1; // Positive, and no shorter than it could be.
  const signed = der(
    SEQUENCE,
    der(VERSION, der(INTEGER, [2])),
    der(INTEGER, serial),
    algorithm,
    nameOf(issuer),
    der(SEQUENCE, ...days.map((day) => der(UTC_TIME, Buffer.from(utcTime(Date.now() + day * DAY_MS))))),
    nameOf(subject),
    key.export({ type: "spki", format: "der" }),
    der(EXTENSIONS, der(SEQUENCE, ...extensions)),
  );
  const whole = der(SEQUENCE, signed, algorithm, der(BITS, [0], sign("sha256", signed, signer)));
  const lines = whole.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}

const extension = (oid: readonly number[], value: Uint8Array, isCritical: boolean): Buffer =>
  der(SEQUENCE, der(OID, oid), ...(isCritical ? [der(BOOLEAN, [0xff])] : []), der(OCTETS, value));

/** Just a common name. */
const nameOf = (name: string): Buffer =>
  der(SEQUENCE, der(SET, der(SEQUENCE, der(OID, [0x55, 0x04, 0x03]), der(TEXT, Buffer.from(name)))));

/** YYMMDDHHMMSSZ. */
const utcTime = (ms: number): string => `${new Date(ms).toISOString().replace(/\D/g, "").slice(2, 14)}Z`;

/** Tag, length, content (X.690, section 8.1). */
function der(tag: number, ...parts: readonly (Uint8Array | readonly number[])[]): Buffer {
  const content = Buffer.concat(parts.map((part) => Uint8Array.from(part)));
  const size = content.byteLength;
  const length = size < 0x80 ? [size] : size < 0x100 ? [0x81, size] : [0x82, size >> 8, size & 0xff];
  return Buffer.concat([Uint8Array.from([tag, ...length]), content]);
}
