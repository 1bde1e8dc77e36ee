// Two questions this dialect asks of single JSON values.

/** True for what stands for "nothing": absent, null, an empty text or list. */
export function isBlank(value: unknown): boolean {
  return value === undefined || value === null || value === "" || (Array.isArray(value) && value.length === 0);
}

/** True when `text` is whole, valid JSON: the test of a tool call's arguments. */
export function isJson(text: unknown): text is string {
  if (typeof text !== "string") return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
