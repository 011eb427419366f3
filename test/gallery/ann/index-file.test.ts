// slow: starts processes
import assert from 'node:assert/strict';
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { HnswIndex } from '../../../src/gallery/ann/hnsw-index.ts';
import { loadIndex } from '../../../src/gallery/ann/load-index.ts';
import {
  type IndexEngine,
  type Manifest,
  parseManifest,
  serializeManifest,
} from '../../../src/gallery/ann/manifest.ts';
import { enginesHere, skipWithoutEngine } from './engines-here.ts';
import { clustered, withFolder, withFolderAsync } from './vectors.ts';

const dimension = 8;
const vectors = clustered(60, dimension, 6);
const model = { modelId: 'm', metric: 'cosine', dimension } as const;

function fill(engine?: IndexEngine): HnswIndex {
  const index = HnswIndex.create({ engine, metric: 'cosine', dimension });
  for (const [sequence, vector] of vectors.entries()) index.add(sequence, vector);
  index.delete(0);
  return index;
}

const answers = (index: HnswIndex): unknown => vectors.slice(0, 5).map((query) => index.search(query, 60));

function problemOf(folder: string, expected: Parameters<typeof loadIndex>[1] = model): string {
  const loaded = loadIndex(folder, expected);
  return 'problem' in loaded ? loaded.problem : 'none';
}

function rewriteManifest(folder: string, change: (manifest: Manifest) => unknown): void {
  const path = join(folder, 'index.json');
  const manifest = parseManifest(readFileSync(path, 'utf8'));
  assert.ok(!('problem' in manifest));
  writeFileSync(path, serializeManifest(change(manifest) as Manifest));
}

test('missing, of another model, metric or dimension', { skip: skipWithoutEngine }, () => {
  withFolder((folder) => {
    assert.equal(problemOf(folder), 'there is no saved index');
    assert.equal(problemOf(join(folder, 'nowhere')), 'there is no saved index');
    fill().save(folder, { modelId: 'm', sequence: 1 });
    assert.match(problemOf(folder, { ...model, modelId: 'other' }), /has modelId m, not other/);
    assert.match(problemOf(folder, { ...model, metric: 'l2' }), /has metric cosine, not l2/);
    assert.match(problemOf(folder, { ...model, dimension: 9 }), /has dimension 8, not 9/);
  });
});

test('the engine is that of the file, unless another is wanted', () => {
  for (const { engine, skip } of enginesHere) {
    if (skip !== false) continue;
    const other = engine === 'usearch' ? 'hnswlib' : 'usearch';
    withFolder((folder) => {
      fill(engine).save(folder, { modelId: 'm', sequence: 1 });
      for (const wanted of [undefined, engine])
        assert.equal(problemOf(folder, { ...model, engine: wanted }), 'none');
      const problem = problemOf(folder, { ...model, engine: other });
      assert.equal(problem, `the saved index has engine ${engine}, not ${other}`);
      if (engine !== 'hnswlib') return;
      // Earlier releases did not name it.
      rewriteManifest(folder, ({ engine: _, ...manifest }) => manifest);
      assert.equal(problemOf(folder), 'none');
    });
  }
});

test('a later save replaces the files of the earlier one', { skip: skipWithoutEngine }, () => {
  withFolder((folder) => {
    const index = fill();
    writeFileSync(join(folder, 'index.1-0123456789abcdef.vectors.tmp'), 'left by a crash');
    writeFileSync(join(folder, '.index.1-0123456789abcdef.labels.some.tmp'), 'left by a crash');
    writeFileSync(join(folder, 'notes.txt'), 'of somebody else');
    for (const sequence of [1, 2, 2]) index.save(folder, { modelId: 'm', sequence });
    assert.equal(readdirSync(folder).length, 4, readdirSync(folder).join());
    const loaded = loadIndex(folder, model);
    assert.ok('index' in loaded);
    assert.equal(loaded.sequence, 2);
  });
});

for (const { engine, skip } of enginesHere)
  test(`${engine}: flipped bits and cut files are noticed, or change nothing`, { skip }, () => {
    withFolder((folder) => {
      const index = fill(engine);
      index.save(folder, { modelId: 'm', sequence: 9 });
      const expected = answers(index);
      const random = integers(3);
      const files = readdirSync(folder).map((name) => join(folder, name));
      for (let round = 0; round < 600; round++) {
        const path = files[round % files.length] ?? '';
        const original = readFileSync(path);
        writeFileSync(path, damaged(original, random));
        const loaded = loadIndex(folder, model);
        if ('index' in loaded) assert.deepEqual([loaded.sequence, answers(loaded.index)], [9, expected]);
        writeFileSync(path, original);
      }
      assert.equal(problemOf(folder), 'none');
    });
  });

test('a missing data file and a folder in its place', { skip: skipWithoutEngine }, () => {
  withFolder((folder) => {
    fill().save(folder, { modelId: 'm', sequence: 1 });
    const labels = readdirSync(folder).find((name) => name.endsWith('.labels')) ?? '';
    rmSync(join(folder, labels));
    assert.match(problemOf(folder), /labels is missing/);
    mkdirSync(join(folder, labels));
    assert.notEqual(problemOf(folder), 'none');
  });
});

test('a manifest that contradicts its files, or asks for others', { skip: skipWithoutEngine }, () => {
  const changes: ((manifest: Manifest) => unknown)[] = [
    (manifest) => ({ ...manifest, formatVersion: 2 }),
    (manifest) => ({ ...manifest, count: manifest.count + 1 }),
    (manifest) => ({ ...manifest, sequence: -1 }),
    (manifest) => ({ ...manifest, kind: 'tree' }),
    (manifest) => ({ ...manifest, kind: 'flat' }),
    (manifest) => ({ ...manifest, engine: manifest.engine === 'usearch' ? 'hnswlib' : 'usearch' }),
    (manifest) => ({ ...manifest, engine: 'tree' }),
    (manifest) => ({ ...manifest, parameters: null }),
    (manifest) => ({ ...manifest, parameters: { m: 17, efConstruction: 200, ef: 64 }, kind: 'hnsw' }),
    (manifest) => ({ ...manifest, files: { ...manifest.files, vectors: manifest.files.labels } }),
    ({ files, ...manifest }) => ({
      ...manifest,
      files: { ...files, labels: { ...files.labels, name: '../../etc/passwd' } },
    }),
    ({ files: _, ...manifest }) => manifest,
  ];
  for (const change of changes) {
    withFolder((folder) => {
      fill().save(folder, { modelId: 'm', sequence: 1 });
      rewriteManifest(folder, change);
      assert.notEqual(problemOf(folder), 'none', String(change));
    });
  }
});

test('a save that fails leaves the earlier one and nothing of its own', { skip: skipWithoutEngine }, () => {
  withFolder((folder) => {
    const index = fill();
    index.save(folder, { modelId: 'm', sequence: 1 });
    // A folder stands where the temporary manifest would go.
    renameSync(join(folder, 'index.json'), join(folder, 'kept'));
    mkdirSync(join(folder, 'index.json'));
    assert.throws(() => index.save(folder, { modelId: 'm', sequence: 2 }));
    rmSync(join(folder, 'index.json'), { recursive: true });
    renameSync(join(folder, 'kept'), join(folder, 'index.json'));
    assert.equal(readdirSync(folder).length, 3);
    assert.equal(problemOf(folder), 'none');
  });
});

test('killed while it saves, twelve times, the folder holds the last or the one before', {
  skip: skipWithoutEngine,
}, async () => {
  await withFolderAsync(async (folder) => {
    for (let round = 0; round < 12; round++) await killWhileSaving(folder, round * 3);
  });
});

function integers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function damaged(bytes: Buffer, random: (below: number) => number): Buffer {
  if (random(4) === 0) return bytes.subarray(0, random(bytes.length));
  const copy = Buffer.from(bytes);
  const at = random(bytes.length);
  copy[at] = (copy[at] ?? 0) ^ (1 << random(8));
  return copy;
}

/** The child saves sequence 1, 2, 3, ..., with as many vectors, and prints each number when it is saved. */
async function killWhileSaving(folder: string, milliseconds: number): Promise<void> {
  const script = fileURLToPath(new URL('./saving-process.js', import.meta.url));
  const child = spawn(process.execPath, [script, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const printed = collect(child);
  await once(child.stdout, 'data');
  await pause(milliseconds);
  child.kill('SIGKILL');
  await exited;
  const acknowledged = Number(printed().trim().split('\n').at(-1));
  const loaded = loadIndex(folder, model);
  assert.ok('index' in loaded, JSON.stringify(loaded));
  assert.ok(loaded.sequence === acknowledged || loaded.sequence === acknowledged + 1);
  assert.equal(loaded.index.size, 1 + (loaded.sequence % 50));
}

function collect(child: ChildProcessByStdio<null, Readable, null>): () => string {
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    text += part;
  });
  return () => text;
}
