import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { forgetCollection } from '../../../src/server/startup/forget-collection.ts';

const data = mkdtempSync(join(tmpdir(), 'snapshelf-forget-'));
after(() => rmSync(data, { recursive: true }));

function keep(...path: string[]): (text: string) => void {
  const file = join(data, ...path);
  mkdirSync(join(file, '..'), { recursive: true });
  return (text) => writeFileSync(file, text);
}

test('a collection that is removed without a server takes along what is kept of it, and nothing of others', async () => {
  const ids = { shop: randomUUID(), other: randomUUID() };
  for (const collection of ['shop', 'other'] as const) {
    const id = ids[collection];
    const job = {
      formatVersion: 2,
      id,
      collection,
      state: 'cancelled',
      progress: null,
      request: { ks: [1] },
    };
    keep('evaluations', id, 'job.json')(JSON.stringify({ ...job, createdAt: '2026-01-01T00:00:00.000Z' }));
    keep('duplicates', `${collection}.json`)('{}');
    keep('idempotency', collection, `${'a'.repeat(64)}.json`)('{}');
  }
  await forgetCollection(data, 'shop');
  const left = ['evaluations', 'duplicates', 'idempotency'].map((folder) => readdirSync(join(data, folder)));
  assert.deepEqual(left, [[ids.other], ['other.json'], ['other']]);
  await forgetCollection(data, 'shop');
});
