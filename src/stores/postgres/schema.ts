// The tables, as steps forward: a step that was released is never changed, the next one is added behind it.
// Invariants: every primary key but that of the feed begins with the tenant, so that the tables can be partitioned by it;
// texts that are keys compare by their bytes (C), whatever the locale of the database. Numbers of JavaScript (times, tokens)
// are double precision: whole up to 2^53, and read as they are.

/** Each one is a list of statements; they run in order, in one transaction with all that are missing. */
export const steps: readonly (readonly string[])[] = [
  [
    `CREATE TABLE thread (
      tenant text COLLATE "C" NOT NULL,
      id text COLLATE "C" NOT NULL,
      user_id text COLLATE "C" NOT NULL,
      team text COLLATE "C" NOT NULL,
      created_ms double precision NOT NULL,
      visibility text COLLATE "C" NOT NULL,
      title text NOT NULL,
      origin_kind text,
      origin_thread text,
      origin_sequence integer,
      session text COLLATE "C",
      client text COLLATE "C",
      model text COLLATE "C",
      repository text COLLATE "C",
      tags text NOT NULL,
      archived boolean NOT NULL,
      pinned boolean NOT NULL,
      version integer NOT NULL,
      active_ms double precision NOT NULL,
      active_slot double precision NOT NULL,
      messages integer NOT NULL,
      input double precision NOT NULL,
      cached double precision NOT NULL,
      output double precision NOT NULL,
      cost double precision NOT NULL,
      excerpt text NOT NULL,
      participants text NOT NULL,
      shares text NOT NULL,
      deleted_ms double precision,
      PRIMARY KEY (tenant, id)
    ) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05)`,
    // A listing is a merge of at most three of these, each read from its newest end (thread-filter.ts). They hold the slot of
    // time and not the time, so that of the messages of a busy thread most change no index (heap-only updates).
    "CREATE INDEX thread_own ON thread (tenant, user_id, active_slot) WHERE deleted_ms IS NULL",
    "CREATE INDEX thread_team ON thread (tenant, team, active_slot) WHERE deleted_ms IS NULL AND visibility = 'team'",
    "CREATE INDEX thread_organisation ON thread (tenant, active_slot) WHERE deleted_ms IS NULL AND visibility = 'organisation'",
    "CREATE INDEX thread_all ON thread (tenant, active_slot) WHERE deleted_ms IS NULL",
    "CREATE UNIQUE INDEX thread_session ON thread (tenant, session) WHERE session IS NOT NULL",

    // Records are small and compressed where that pays, so PostgreSQL need not try: two of the largest fit a page.
    `CREATE TABLE message (
      tenant text COLLATE "C" NOT NULL,
      thread text COLLATE "C" NOT NULL,
      sequence integer NOT NULL,
      client_id text COLLATE "C" NOT NULL,
      chain text COLLATE "C",
      hashes bytea,
      record bytea NOT NULL,
      PRIMARY KEY (tenant, thread, sequence)
    ) WITH (toast_tuple_target = 4080)`,
    "ALTER TABLE message ALTER COLUMN record SET STORAGE EXTERNAL",
    "CREATE UNIQUE INDEX message_client_id ON message (tenant, thread, client_id)",
    "CREATE INDEX message_chain ON message (tenant, chain) WHERE chain IS NOT NULL",

    'CREATE TABLE blob (tenant text COLLATE "C" NOT NULL, hash bytea NOT NULL, bytes bytea NOT NULL, PRIMARY KEY (tenant, hash))',
    "ALTER TABLE blob ALTER COLUMN bytes SET STORAGE EXTERNAL",
    // Who needs a blob: with the last thread that does, it goes.
    `CREATE TABLE blob_use (
      tenant text COLLATE "C" NOT NULL,
      hash bytea NOT NULL,
      thread text COLLATE "C" NOT NULL,
      PRIMARY KEY (tenant, hash, thread)
    )`,
    "CREATE INDEX blob_use_thread ON blob_use (tenant, thread)",

    // Pieces of answers that are still being written. The text is a JSON string: a piece may end inside a character.
    `CREATE TABLE draft (
      tenant text COLLATE "C" NOT NULL,
      thread text COLLATE "C" NOT NULL,
      id text COLLATE "C" NOT NULL,
      start integer NOT NULL,
      length integer NOT NULL,
      at_ms double precision NOT NULL,
      piece text NOT NULL,
      PRIMARY KEY (tenant, thread, id, start)
    )`,

    `CREATE TABLE share (
      tenant text COLLATE "C" NOT NULL,
      thread text COLLATE "C" NOT NULL,
      id text COLLATE "C" NOT NULL,
      token_hash text COLLATE "C" NOT NULL,
      PRIMARY KEY (tenant, thread, id)
    )`,
    "CREATE INDEX share_token ON share (token_hash)",

    // The position is the number of the transaction, and the place of the write in it (feed.ts).
    `CREATE TABLE change (
      position bigint PRIMARY KEY,
      tenant text COLLATE "C" NOT NULL,
      thread text COLLATE "C" NOT NULL,
      kind text NOT NULL,
      version integer NOT NULL,
      first integer NOT NULL,
      last integer NOT NULL
    )`,

    // Up to where the feed was indexed, and when: by these it is trimmed (feed-trim.ts).
    "CREATE TABLE feed_mark (position bigint PRIMARY KEY, at_ms double precision NOT NULL)",

    // What is searched, apart from messages and behind them (search-index.ts). Long lists of words lie outside of
    // the row.
    `CREATE TABLE search (
      tenant text COLLATE "C" NOT NULL,
      number bigint NOT NULL,
      thread text COLLATE "C" NOT NULL,
      sequence integer NOT NULL,
      visibility text NOT NULL,
      words tsvector NOT NULL,
      PRIMARY KEY (tenant, number)
    ) WITH (toast_tuple_target = 128)`,
    "CREATE UNIQUE INDEX search_message ON search (tenant, thread, sequence)",
    "CREATE INDEX search_words ON search USING gin (words) WITH (gin_pending_list_limit = 4096)",
    "CREATE TABLE search_progress (position bigint NOT NULL, number bigint NOT NULL)",
    "INSERT INTO search_progress VALUES (0, 0)",
  ],
];
