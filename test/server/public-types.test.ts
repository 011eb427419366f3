import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

/** Packages whose types come with them: a user has these installed. */
const typed = /^(node:|zod$|pino$|sharp$|commander$|undici$)/;

/** Walks over the declarations that a door of the package reaches, and lists the packages whose types they need. */
function packagesOf(file: string, seen = new Set<string>()): string[] {
  if (seen.has(file)) return [];
  seen.add(file);
  const text = readFileSync(file, 'utf8').replace(/\/\*[\s\S]*?\*\//g, '');
  return [...text.matchAll(/(?:from |import\()'([^']+)'/g)].flatMap(([, name = '']) =>
    name.startsWith('.')
      ? packagesOf(resolve(dirname(file), name.replace(/\.[jt]s$/, '.d.ts')), seen)
      : [name],
  );
}

for (const door of [
  'index',
  'client/index',
  'server/index',
  'onnx/index',
  'train/index',
  'export/index',
  'eval/index',
])
  test(`the types of ${door} need no package of types alone, such as @types/express`, () => {
    const file = fileURLToPath(new URL(`../../src/${door}.d.ts`, import.meta.url));
    const foreign = packagesOf(file).filter((name) => !typed.test(name));
    assert.deepEqual([...new Set(foreign)], []);
  });
