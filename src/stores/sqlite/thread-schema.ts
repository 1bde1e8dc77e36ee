// The tables of threads, as steps forward: a step that was released is never changed, the next one is added behind it.
// The layout makes appends cheap: messages lie in order of arrival, so that a batch fills pages instead of touching many;
// threads, tenants, users and teams are numbers inside, so that what finds them is small. Rows of listings hold no message.

import type { ThreadChangeEvent } from "../../ports/index.ts";

/** What `change.kind` counts. */
export const changeKinds = ["put", "share", "delete"] as const satisfies readonly ThreadChangeEvent["kind"][];

/** Each one is a list of statements; what is missing runs in order, in one transaction. `user_version` counts them. */
export const threadSteps: readonly (readonly string[])[] = [
  [
    // By its identity a search index knows whose it is.
    "CREATE TABLE meta (one INTEGER PRIMARY KEY CHECK (one = 1), identity TEXT NOT NULL)",
    "INSERT INTO meta VALUES (1, lower(hex(randomblob(16))))",

    // Tenants (kind 0), users (1) and teams (2). A number is given once and never means anything else.
    `CREATE TABLE name (
      number INTEGER PRIMARY KEY,
      kind INTEGER NOT NULL,
      tenant TEXT NOT NULL,
      name TEXT NOT NULL,
      UNIQUE (tenant, kind, name)
    )`,

    `CREATE TABLE thread (
      number INTEGER PRIMARY KEY,
      tenant INTEGER NOT NULL,
      id TEXT NOT NULL,
      user INTEGER NOT NULL,
      team INTEGER NOT NULL,
      visibility INTEGER NOT NULL,
      active_ms NUMERIC NOT NULL,
      version INTEGER NOT NULL,
      messages INTEGER NOT NULL,
      input INTEGER NOT NULL,
      cached INTEGER NOT NULL,
      output INTEGER NOT NULL,
      cost INTEGER NOT NULL,
      excerpt TEXT NOT NULL,
      participants TEXT NOT NULL,
      archived INTEGER NOT NULL,
      pinned INTEGER NOT NULL,
      title TEXT NOT NULL,
      tags TEXT NOT NULL,
      shares TEXT NOT NULL,
      created_ms NUMERIC NOT NULL,
      deleted_ms NUMERIC,
      session TEXT,
      client TEXT,
      model TEXT,
      repository TEXT,
      origin TEXT
    )`,
    "CREATE UNIQUE INDEX thread_id ON thread (tenant, id)",
    "CREATE UNIQUE INDEX thread_session ON thread (tenant, session) WHERE session IS NOT NULL",
    // A listing is a merge of at most three of these, each read from its newest end (thread-list.ts).
    "CREATE INDEX thread_own ON thread (user, active_ms, id) WHERE deleted_ms IS NULL",
    "CREATE INDEX thread_team ON thread (team, active_ms, id) WHERE deleted_ms IS NULL AND visibility = 1",
    "CREATE INDEX thread_organisation ON thread (tenant, active_ms, id) WHERE deleted_ms IS NULL AND visibility = 2",
    "CREATE INDEX thread_all ON thread (tenant, active_ms, id) WHERE deleted_ms IS NULL",

    // `client` and `chain` are hashes (thread-hash.ts); the texts themselves are in the record. `blobs` are hashes in a row.
    `CREATE TABLE message (
      position INTEGER PRIMARY KEY,
      thread INTEGER NOT NULL,
      sequence INTEGER NOT NULL,
      client INTEGER NOT NULL,
      chain INTEGER,
      blobs BLOB,
      record BLOB NOT NULL
    )`,
    "CREATE UNIQUE INDEX message_sequence ON message (thread, sequence)",
    "CREATE UNIQUE INDEX message_client ON message (thread, client)",
    "CREATE INDEX message_chain ON message (chain) WHERE chain IS NOT NULL",

    // How often a blob is needed is counted apart from its bytes, so that counting does not write them again.
    "CREATE TABLE blob (number INTEGER PRIMARY KEY, tenant INTEGER NOT NULL, hash BLOB NOT NULL, uses INTEGER NOT NULL)",
    "CREATE UNIQUE INDEX blob_hash ON blob (tenant, hash)",
    "CREATE TABLE blob_bytes (number INTEGER PRIMARY KEY, bytes BLOB NOT NULL)",

    // Pieces of answers that are still being written. The text is a JSON string: a piece may end inside a character.
    `CREATE TABLE draft (
      thread INTEGER NOT NULL,
      id TEXT NOT NULL,
      start INTEGER NOT NULL,
      length INTEGER NOT NULL,
      at_ms NUMERIC NOT NULL,
      piece TEXT NOT NULL,
      PRIMARY KEY (thread, id, start)
    ) WITHOUT ROWID`,

    "CREATE TABLE share (thread INTEGER NOT NULL, id TEXT NOT NULL, token_hash TEXT NOT NULL, PRIMARY KEY (thread, id)) WITHOUT ROWID",
    "CREATE INDEX share_token ON share (token_hash)",

    // One row a write that changed something.
    `CREATE TABLE change (
      position INTEGER PRIMARY KEY,
      thread INTEGER NOT NULL,
      kind INTEGER NOT NULL,
      version INTEGER NOT NULL,
      first INTEGER NOT NULL,
      last INTEGER NOT NULL
    )`,
  ],
  [
    // Pieces in order of arrival, and of each draft where its pieces are (thread-drafts.ts).
    "CREATE TABLE piece (position INTEGER PRIMARY KEY, before INTEGER NOT NULL, text TEXT NOT NULL)",
    "ALTER TABLE draft RENAME TO draft_before",
    `CREATE TABLE draft (
      thread INTEGER NOT NULL,
      id TEXT NOT NULL,
      started_ms NUMERIC NOT NULL,
      at_ms NUMERIC NOT NULL,
      length INTEGER NOT NULL,
      first INTEGER NOT NULL,
      last INTEGER NOT NULL,
      PRIMARY KEY (thread, id)
    ) WITHOUT ROWID`,
    `INSERT INTO piece SELECT position, coalesce(lag(position) OVER (PARTITION BY thread, id ORDER BY position), 0), piece
      FROM (SELECT *, row_number() OVER (ORDER BY thread, id, start) AS position FROM draft_before)`,
    `INSERT INTO draft SELECT thread, id, min(at_ms), max(at_ms), max(start + length), min(position), max(position)
      FROM (SELECT *, row_number() OVER (ORDER BY thread, id, start) AS position FROM draft_before) GROUP BY thread, id`,
    "DROP TABLE draft_before",
    "CREATE INDEX draft_first ON draft (first)",
  ],
];
