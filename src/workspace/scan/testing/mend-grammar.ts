// tree-sitter-bash.wasm of the package imports `isalpha`, which the runtime does not give; it gives `iswalpha`, which
// says the same of ASCII. Renames that import, so that the grammar can be the shell's oracle; leaves others as they are.

const IMPORTS_SECTION = 2;
const MISSING = "isalpha";
const GIVEN = "iswalpha";

/** @param module a WebAssembly module: magic, version, then sections of (id, LEB128 size, content). */
export function mendGrammar(module: Uint8Array): Uint8Array {
  let at = 8;
  while (at < module.length) {
    const section = readSize(module, at + 1);
    const end = section.end + section.size;
    if (module[at] === IMPORTS_SECTION) {
      const content = renamed(module.subarray(section.end, end));
      return new Uint8Array([...module.subarray(0, at + 1), ...sizeBytes(content.length), ...content, ...module.subarray(end)]);
    }
    at = end;
  }
  return module;
}

function renamed(imports: Uint8Array): Uint8Array {
  const text = String.fromCharCode(...imports);
  const [from, to] = [MISSING, GIVEN].map((name) => `\x03env${String.fromCharCode(name.length)}${name}\0`);
  const mended = text.replace(from as string, to as string);
  return Uint8Array.from(mended, (character) => character.charCodeAt(0));
}

function readSize(module: Uint8Array, from: number): { size: number; end: number } {
  let size = 0;
  for (let at = from, shift = 0; ; at++, shift += 7) {
    const byte = module[at] ?? 0;
    size |= (byte & 127) << shift;
    if (byte < 128) return { size, end: at + 1 };
  }
}

function sizeBytes(size: number): number[] {
  return size < 128 ? [size] : [(size & 127) | 128, ...sizeBytes(size >>> 7)];
}
