// Who is calling, after the credential was verified. Everything kept for a caller is keyed by `tenant` first.

export interface Identity {
  /** The organisation: `default` unless named. In pass-through mode `key-` and the SHA-256 of the credential. */
  readonly tenant: string;
  readonly team: string;
  readonly user: string;
  readonly scopes: readonly string[];
  /** How it was established. */
  readonly kind: "token" | "jwt" | "passthrough" | "local";
}
