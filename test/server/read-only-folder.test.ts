// slow: starts a process
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { extname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { stripes } from '../support/pictures.ts';
import { openApi } from './support.ts';

const script = fileURLToPath(new URL(`./read-only-child${extname(import.meta.url)}`, import.meta.url));

test('a folder that cannot be written to is served, and every change of it is 403', {
  skip: process.getuid?.() === 0 ? false : 'only root can be another user',
}, async (t) => {
  const api = await openApi();
  t.after(() => api.close());
  await api.retriever.createCollection('shop');
  await api.retriever.add('shop', [{ id: 'one', image: await stripes(10, 5) }]);
  // The folders of tests are their user's alone.
  chmodSync(api.folder, 0o755);
  await api.retriever.close();
  const { stdout } = await promisify(execFile)(process.execPath, [
    script,
    join(api.folder, 'data'),
    api.model,
  ]);
  assert.deepEqual(JSON.parse(stdout.trim().split('\n').at(-1) ?? ''), [
    'GET 200',
    'GET 200',
    'POST 200',
    'GET 200',
    'DELETE 403 read-only',
    'PATCH 403 read-only',
    'PUT 403 read-only',
    'POST 403 read-only',
    'POST 403 read-only',
  ]);
});
