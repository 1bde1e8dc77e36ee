// A program for tests of locks: holds a SQLite file as a shell or a backup may (BEGIN EXCLUSIVE), prints `held`, and lets go of it
// at the end of its input, or of itself.

import { Database } from "bun:sqlite";

const database = new Database(process.argv[2] ?? "", { readwrite: true });
database.run("BEGIN EXCLUSIVE");
await Bun.write(Bun.stdout, "held\n");
await Bun.stdin.text();
database.run("ROLLBACK");
database.close();
