import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { readCheckpoint, writeCheckpoint } from '../../../src/train/run/checkpoint.ts';
import { readSafetensors, writeSafetensors } from '../../../src/weights/index.ts';

const root = mkdtempSync(join(tmpdir(), 'snapshelf-checkpoint-'));
after(() => rmSync(root, { recursive: true }));
const path = join(root, 'last.safetensors');

const shapes = new Map([['w', [2]]]);
const position = {
  ...{ step: 3, epoch: 1, batch: 0, validatedEpoch: 1, best: { recall: 0.5, epoch: 1 } },
  unlogged: { steps: 3, sum: 0.1 + 0.2 },
};

async function readWith(text: string): Promise<unknown> {
  await writeCheckpoint(path, new Map([['w', Float32Array.of(1, 2)]]), shapes, position);
  const { tensors } = await readSafetensors(path);
  // Without its hash, as a file of somebody who leaves it out.
  await writeSafetensors(path, tensors, { 'snapshelf-checkpoint': text });
  return readCheckpoint(path, shapes);
}

test('a position is checked', async () => {
  const good = { formatVersion: 1, ...position };
  assert.deepEqual(await readWith(JSON.stringify(good)), {
    state: new Map([['w', Float32Array.of(1, 2)]]),
    position,
  });
  const { unlogged: _, ...former } = good;
  assert.deepEqual(await readWith(JSON.stringify(former)), {
    state: new Map([['w', Float32Array.of(1, 2)]]),
    position: { ...position, unlogged: { steps: 0, sum: 0 } },
  });
  const changes = [
    { unlogged: { steps: -1, sum: 0 } },
    { unlogged: { steps: 1, sum: 'x' } },
    { step: -1 },
    { step: '3' },
    { epoch: 1e300 },
    { epoch: 0.5 },
    { batch: null },
    { validatedEpoch: [] },
    { best: 5 },
    { best: { recall: 'x', epoch: 1 } },
    { best: { recall: 2, epoch: 1 } },
    { formatVersion: 2 },
  ];
  for (const change of changes)
    await assert.rejects(
      readWith(JSON.stringify({ ...good, ...change })),
      { code: 'run-invalid' },
      JSON.stringify(change),
    );
  for (const text of ['', 'null', '[]', '['.repeat(1000), '5'])
    await assert.rejects(readWith(text), { code: 'run-invalid' }, text);
});
