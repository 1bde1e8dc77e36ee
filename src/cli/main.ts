// Entry of the command line; `bin/millrace` runs it. Ends the process only after everything written has left it.

import { runMillrace } from "./run.ts";
import { flushed, processTerminal } from "./terminal.ts";

const code = await runMillrace(process.argv.slice(2), processTerminal);
await flushed();
process.exit(code);
