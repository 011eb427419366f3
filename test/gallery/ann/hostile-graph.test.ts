import assert from 'node:assert/strict';
import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { HnswIndex } from '../../../src/gallery/ann/hnsw-index.ts';
import { hnswAvailable } from '../../../src/gallery/ann/hnsw-native.ts';
import { loadIndex } from '../../../src/gallery/ann/load-index.ts';
import { type Manifest, parseManifest, serializeManifest } from '../../../src/gallery/ann/manifest.ts';
import { GraphBytes, rewrite } from './saved-graph.ts';
import { clustered, withFolder } from './vectors.ts';

// A checksum says that a file is whole, not who made it: these files have the right one.

const dimension = 8;
const m = 4;
const vectors = clustered(300, dimension, 6);
const expected = { modelId: 'm', metric: 'l2', dimension } as const;
const nodeBytes = 4 * (2 * m + 1) + 4 * dimension + 8;
const header = 96;
const tail = header + vectors.length * nodeBytes;

function save(folder: string): void {
  const index = HnswIndex.create({ metric: 'l2', dimension, m });
  for (const [sequence, vector] of vectors.entries()) index.add(sequence, vector);
  index.save(folder, { modelId: 'm', sequence: 1 });
}

/** Where the first node that is on an upper level has its upper links. */
function firstUpper(view: DataView): number {
  let at = tail;
  while (view.getUint32(at, true) === 0) at += 4;
  return at + 4;
}

const crafts: readonly [what: string, part: 'vectors' | 'labels', change: (view: DataView) => void][] = [
  ['a link that leads out of the graph', 'vectors', (view) => view.setUint32(header + 4, 0xfffffff0, true)],
  ['a link to the node behind the last', 'vectors', (view) => view.setUint32(header + 4, 300, true)],
  ['more links than there is room for', 'vectors', (view) => view.setUint16(header, 60_000, true)],
  ['flags that hnswlib does not write', 'vectors', (view) => view.setUint8(header + 3, 7)],
  [
    'an upper link that leads out of the graph',
    'vectors',
    (view) => view.setUint32(firstUpper(view) + 4, 1e9, true),
  ],
  ['more upper links than there is room for', 'vectors', (view) => view.setUint16(firstUpper(view), 5, true)],
  [
    'an upper link to a node that is below',
    'vectors',
    (view) => {
      let node = 0;
      for (let at = tail; view.getUint32(at, true) !== 0; at += 4 + view.getUint32(at, true)) node += 1;
      const at = firstUpper(view);
      view.setUint16(at, 1, true);
      view.setUint32(at + 4, node, true);
    },
  ],
  [
    'a label of hnswlib that is not its number',
    'vectors',
    (view) => view.setBigUint64(header + nodeBytes - 8, 5n, true),
  ],
  [
    'an entry that is below the highest level',
    'vectors',
    (view) => {
      let node = 0;
      for (let at = tail; view.getUint32(at, true) !== 0; at += 4 + view.getUint32(at, true)) node += 1;
      view.setUint32(52, node, true);
    },
  ],
  ['a highest level that nobody has', 'vectors', (view) => view.setInt32(48, 200, true)],
  ['a factor of levels that asks for terabytes', 'vectors', (view) => view.setFloat64(80, 1e300, true)],
  ['a factor of levels that is not a number', 'vectors', (view) => view.setFloat64(80, Number.NaN, true)],
  ['a width of building of 2^60', 'vectors', (view) => view.setBigUint64(88, 2n ** 60n, true)],
  ['a mark of deletion where a sequence number is', 'vectors', (view) => new GraphBytes(view).mark(17)],
  ['another mark', 'vectors', (view) => new GraphBytes(view).mark(17, 2)],
  ['a capacity of 2^60', 'vectors', (view) => view.setBigUint64(8, 2n ** 60n, true)],
  ['four billion slots', 'labels', (view) => view.setFloat64(0, 0xffffffff, true)],
  ['a slot that is not there', 'labels', (view) => view.setFloat64(16, 300, true)],
];

const loadedFrom = (folder: string): string => {
  const loaded = loadIndex(folder, expected);
  return 'problem' in loaded ? loaded.problem : 'none';
};

test('a graph that somebody else wrote is not loaded unless every link leads to a node', (t) => {
  if (!hnswAvailable().available) return t.skip('hnswlib-node is not installed');
  withFolder((folder) => {
    save(folder);
    assert.equal(loadedFrom(folder), 'none');
  });
  for (const [what, part, change] of crafts)
    withFolder((folder) => {
      save(folder);
      rewrite(folder, part, change);
      assert.notEqual(loadedFrom(folder), 'none', what);
    });
});

test('a graph without nodes has no entry', (t) => {
  if (!hnswAvailable().available) return t.skip('hnswlib-node is not installed');
  for (const at of [48, 52])
    withFolder((folder) => {
      HnswIndex.create({ metric: 'l2', dimension, m }).save(folder, { modelId: 'm', sequence: 1 });
      assert.equal(loadedFrom(folder), 'none');
      rewrite(folder, 'vectors', (view) => view.setInt32(at, 1_000_000_000, true));
      assert.match(loadedFrom(folder), /starts at a node that is not there/);
    });
});

test('what the manifest says is bounded, and the manifest itself', (t) => {
  if (!hnswAvailable().available) return t.skip('hnswlib-node is not installed');
  const lies: readonly object[] = [
    { dimension: 2 ** 40 },
    { parameters: { m: 2 ** 31, efConstruction: 200, ef: 96 } },
    { parameters: { m, efConstruction: 2 ** 50, ef: 96 } },
    { parameters: { m, efConstruction: 200, ef: 2 ** 50 } },
    { count: -1 },
    { sequence: 1e300 },
    { more: 1 },
  ];
  for (const lie of lies)
    withFolder((folder) => {
      save(folder);
      const path = join(folder, 'index.json');
      const manifest = parseManifest(readFileSync(path, 'utf8')) as Manifest;
      writeFileSync(path, serializeManifest({ ...manifest, ...lie } as Manifest));
      assert.match(loadedFrom(folder), /not understood/, JSON.stringify(lie));
    });
  withFolder((folder) => {
    save(folder);
    truncateSync(join(folder, 'index.json'), 2 ** 33);
    assert.equal(loadedFrom(folder), 'index.json is too large');
  });
});
