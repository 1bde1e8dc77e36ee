// Digests and names of threads. SHA-256 over fields with their lengths: no two lists of fields give the same input.

const CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const ID_CHARACTERS = 26;
const RANDOM_BYTES = 16;

export function sha256Fields(...fields: readonly string[]): string {
  let input = "";
  for (const field of fields) input += `${field.length}:${field}`;
  return Bun.SHA256.hash(input, "hex");
}

export const sha256 = (text: string): string => Bun.SHA256.hash(text, "hex");

/** The thread of a session that its client named: the same for every server, which need not ask each other. */
export const threadOfSession = (tenant: string, session: string): string =>
  `t_${base32(BigInt(`0x${sha256Fields("thread", tenant, session).slice(0, 2 * RANDOM_BYTES)}`))}`;

/** `t_` and a ULID (48 bits of milliseconds, 80 of chance) out of a UUIDv7, which has its time in the same place. */
export const threadOfUuid = (uuidv7: string): string => `t_${base32(BigInt(`0x${uuidv7.replaceAll("-", "")}`))}`;

function base32(value: bigint): string {
  let text = "";
  for (let rest = value; text.length < ID_CHARACTERS; rest >>= 5n) text = CROCKFORD[Number(rest & 31n)] + text;
  return text;
}
