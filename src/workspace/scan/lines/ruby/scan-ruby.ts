// Ruby: modules, classes, methods, attributes and constants at any depth; require, require_relative (written with `./`),
// load and autoload of plain strings.

import type { Scanner } from "../../record.ts";
import { RubyScan } from "./ruby-scan.ts";

export const ruby: Scanner = { scan: (source) => new RubyScan(source).scan() };
