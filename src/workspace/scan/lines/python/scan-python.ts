// Python: functions and classes at any depth, fields of classes, variables of the module; imports at any depth.

import type { Scanner } from "../../record.ts";
import { WordTable } from "../../word-table.ts";
import { PythonScan } from "./python-scan.ts";

export const python: Scanner = { scan: (source, words = new WordTable(source)) => new PythonScan(source, words).scan() };
