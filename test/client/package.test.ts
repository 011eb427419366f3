import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { textFields } from '../../src/client/pictures.ts';
import { textFields as ofServer } from '../../src/server/parsing/parse-request.ts';

const folder = dirname(fileURLToPath(import.meta.resolve('snapshelf/client')));
const files = readdirSync(folder).filter((name) => name.endsWith('.js'));

test('the client needs nothing but its own files, which a browser can load as they are', () => {
  const foreign = files.flatMap((name) =>
    [...readFileSync(join(folder, name), 'utf8').matchAll(/^(?:import|export) .*from '([^']+)'/gm)]
      .map(([, from = '']) => from)
      .filter((from) => !/^\.\/[\w-]+\.js$/.test(from)),
  );
  assert.deepEqual(foreign, []);
});

test('the client is small', () => {
  const bytes = gzipSync(Buffer.concat(files.map((name) => readFileSync(join(folder, name))))).length;
  assert.ok(bytes < 12_500, `${bytes} bytes compressed, comments and all`);
});

test('the client writes the fields of forms as the server reads them', () => {
  assert.deepEqual([...textFields].sort(), [...ofServer].sort());
});
