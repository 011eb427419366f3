// Assembles the WebAssembly text of src/ to a file of the same name in dist/. The build calls it after the compiler.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import wabt from 'wabt';

const root = join(import.meta.dirname, '..');
const sources = ['gallery/memory/products.wat'];

const { parseWat } = await wabt();
for (const source of sources) {
  const path = join(root, 'src', source);
  const kernel = parseWat(path, readFileSync(path, 'utf8'), { simd: true, threads: true });
  const target = join(root, 'dist', 'src', source.replace(/\.wat$/, '.wasm'));
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, kernel.toBinary({}).buffer);
  kernel.destroy();
}
