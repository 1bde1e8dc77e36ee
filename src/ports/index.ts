// The door of ports: the holes in the wall. Interfaces, their limits and the checks of those; no code that does work.

export { KEY_BYTES_MAX, type KeyValue, VALUE_BYTES_MAX } from "./key-value.ts";
export { checkKey, checkNamespace, checkPrefix, checkValue } from "./key-value-limits.ts";
