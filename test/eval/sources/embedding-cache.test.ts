import assert from 'node:assert/strict';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { EmbeddingCache } from '../../../src/eval/index.ts';
import { encodeRecord } from '../../../src/eval/sources/cache-segment.ts';

const folder = mkdtempSync(join(tmpdir(), 'snapshelf-embedding-cache-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const at = (...names: readonly string[]): string => join(folder, ...names);

const hash = (n: number): string => n.toString(16).padStart(64, '0');
const vector = (n: number): Float32Array => Float32Array.from([n, n + 0.5, -n]);

test('the cache of embeddings survives a cut and a flipped byte: what is damaged is asked for again', () => {
  const root = at('cache');
  using first = new EmbeddingCache(root, 'model', 3);
  for (let n = 0; n < 20; n += 1) first.add(hash(n), vector(n));
  const [name = ''] = readdirSync(join(root, 'model'));
  const path = join(root, 'model', name);
  using whole = new EmbeddingCache(root, 'model', 3);
  assert.equal(whole.size, 20);
  assert.deepEqual(whole.get(hash(7)), vector(7));
  assert.equal(whole.get(hash(99)), undefined);
  truncateSync(path, 19 * 48 + 47);
  const bytes = readFileSync(path);
  bytes[5 * 48 + 40] = (bytes[5 * 48 + 40] ?? 0) ^ 1;
  writeFileSync(path, bytes);
  using damaged = new EmbeddingCache(root, 'model', 3);
  const known = Array.from({ length: 20 }, (_, n) => damaged.get(hash(n)));
  assert.deepEqual(
    known.flatMap((found, n) => (found === undefined ? [n] : [])),
    [5, 19],
  );
  for (const [n, found] of known.entries()) if (found !== undefined) assert.deepEqual(found, vector(n));
  damaged.add(hash(5), vector(5));
  using mended = new EmbeddingCache(root, 'model', 3);
  assert.deepEqual(mended.get(hash(5)), vector(5));
  using other = new EmbeddingCache(root, 'another model', 3);
  assert.equal(other.size, 0);
});

test('a cache that cannot be made or written is no error, and says why', () => {
  writeFileSync(at('file'), '');
  using cache = new EmbeddingCache(at('file'), 'model', 3);
  assert.match(cache.problem ?? '', /cannot be used/);
  cache.add(hash(1), vector(1));
  assert.equal(cache.get(hash(1)), undefined);
});

test('an embedding whose checksum fits, but which is no vector, is embedded again', () => {
  mkdirSync(at('foreign', 'model'), { recursive: true });
  const [good, bad] = ['aa'.repeat(32), 'bb'.repeat(32)];
  const records = [
    encodeRecord(good, Float32Array.of(1, 2)),
    encodeRecord(bad, Float32Array.of(1, Number.NaN)),
  ];
  writeFileSync(at('foreign', 'model', 'x.v2.embeddings'), Buffer.concat(records));
  using cache = new EmbeddingCache(at('foreign'), 'model', 2);
  assert.deepEqual(cache.get(good), Float32Array.of(1, 2));
  assert.equal(cache.get(bad), undefined);
});
