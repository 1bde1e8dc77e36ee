// What a tenant, team, user or scope may be called. One rule for names from the command line and from JWT claims.
// Names are compared as they are: nothing is folded, trimmed or normalised.

export const NAME_CHARACTERS_MAX = 128;
export const SCOPES_MAX = 64;

/** Tenants of callers who bring their own credential start so; nobody may be named into one. */
export const PASSTHROUGH_TENANT_PREFIX = "key-";

// Without controls, line breaks, unpaired surrogates and invisible formatting: a name must look like what it is.
const NAME = /^[^\p{C}\p{Zl}\p{Zp}]+$/u;
// RFC 6749, section 3.3: printable ASCII without space, quote and backslash.
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]{1,128}$/;

/** What is wrong with the name, as the rest of a sentence that starts with what it names; undefined when it is fine. */
export function nameProblem(name: unknown): string | undefined {
  if (typeof name !== "string" || name.length === 0) return "is empty: give a name of 1 to 128 characters";
  // A character outside the basic plane has two units, so 256 units may still be 128 characters.
  if (name.length > 2 * NAME_CHARACTERS_MAX || [...name].length > NAME_CHARACTERS_MAX) {
    return "is too long: use at most 128 characters";
  }
  if (!NAME.test(name)) return "has control or invisible characters: use printable characters only";
  if (name.trim() !== name) return "starts or ends with a space: remove it";
  return undefined;
}

/** As `nameProblem`; also keeps out the names that pass-through callers get. */
export function tenantProblem(tenant: unknown): string | undefined {
  const problem = nameProblem(tenant);
  if (problem !== undefined) return problem;
  if (!String(tenant).toLowerCase().startsWith(PASSTHROUGH_TENANT_PREFIX)) return undefined;
  return `starts with "${PASSTHROUGH_TENANT_PREFIX}", which is reserved for callers with their own keys: choose another name`;
}

/** What is wrong with the list of scopes; undefined when it is fine. */
export function scopesProblem(scopes: readonly unknown[]): string | undefined {
  if (scopes.length > SCOPES_MAX) return `has too many entries: use at most ${SCOPES_MAX} scopes`;
  if (scopes.every((scope) => typeof scope === "string" && SCOPE.test(scope))) return undefined;
  return "has an entry that cannot be used: a scope is 1 to 128 printable ASCII characters without spaces and quotes";
}
