import assert from 'node:assert/strict';
import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { HnswIndex } from '../../../src/gallery/ann/hnsw-index.ts';
import { loadIndex } from '../../../src/gallery/ann/load-index.ts';
import {
  type IndexEngine,
  type Manifest,
  parseManifest,
  serializeManifest,
} from '../../../src/gallery/ann/manifest.ts';
import { enginesHere } from './engines-here.ts';
import { HnswlibBytes, rewrite, UsearchBytes } from './saved-graph.ts';
import { clustered, withFolder } from './vectors.ts';

// A checksum says that a file is whole, not who made it: these files have the right one.

const dimension = 8;
const m = 4;
const vectors = clustered(300, dimension, 6);
const expected = { modelId: 'm', metric: 'l2', dimension } as const;
const nodeBytes = 4 * (2 * m + 1) + 4 * dimension + 8;
const header = 96;
const tail = header + vectors.length * nodeBytes;

function save(folder: string, engine: IndexEngine): void {
  const index = HnswIndex.create({ engine, metric: 'l2', dimension, m });
  for (const [sequence, vector] of vectors.entries()) index.add(sequence, vector);
  index.save(folder, { modelId: 'm', sequence: 1 });
}

/** Where the first node that is on an upper level has its upper links. */
function firstUpper(view: DataView): number {
  let at = tail;
  while (view.getUint32(at, true) === 0) at += 4;
  return at + 4;
}

type Craft = readonly [what: string, part: 'vectors' | 'labels', change: (view: DataView) => void];

const ofHnswlib: readonly Craft[] = [
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
  ['a mark of deletion where a sequence number is', 'vectors', (view) => new HnswlibBytes(view).mark(17)],
  ['another mark', 'vectors', (view) => new HnswlibBytes(view).mark(17, 2)],
  ['a capacity of 2^60', 'vectors', (view) => view.setBigUint64(8, 2n ** 60n, true)],
  ['four billion slots', 'labels', (view) => view.setFloat64(0, 0xffffffff, true)],
  ['a slot that is not there', 'labels', (view) => view.setFloat64(16, 300, true)],
];

/** Changes the file of a graph of usearch by its parts. */
const inUsearch = (change: (graph: UsearchBytes) => void) => (view: DataView) =>
  change(new UsearchBytes(view));

/** A node that is on no upper level, and one that is. */
const low = ({ levels }: UsearchBytes): number => levels.indexOf(0);
const high = ({ levels }: UsearchBytes): number => levels.findIndex((level) => level > 0);

const ofUsearch: readonly Craft[] = [
  [
    'a link that leads out of the graph',
    'vectors',
    inUsearch((graph) => graph.setLinks(17, 0, [0xfffffff0])),
  ],
  ['a link to the node behind the last', 'vectors', inUsearch((graph) => graph.setLinks(17, 0, [300]))],
  [
    'more links than there is room for',
    'vectors',
    inUsearch((graph) => graph.view.setUint32(graph.links(17, 0), 2 * m + 1, true)),
  ],
  [
    'four billion links',
    'vectors',
    inUsearch((graph) => graph.view.setUint32(graph.links(17, 0), 0xffffffff, true)),
  ],
  [
    'something behind the links',
    'vectors',
    inUsearch((graph) => {
      graph.setLinks(17, 0, [3, 4]);
      graph.view.setUint32(graph.links(17, 0), 1, true);
    }),
  ],
  [
    'an upper link that leads out of the graph',
    'vectors',
    inUsearch((graph) => graph.setLinks(high(graph), 1, [1e9])),
  ],
  [
    'more upper links than there is room for',
    'vectors',
    inUsearch((graph) => graph.view.setUint32(graph.links(high(graph), 1), m + 1, true)),
  ],
  [
    'an upper link to a node that is below',
    'vectors',
    inUsearch((graph) => graph.setLinks(high(graph), 1, [low(graph)])),
  ],
  [
    'a key that is there twice',
    'vectors',
    inUsearch(({ view, nodes }) =>
      view.setBigUint64(nodes[5] ?? 0, view.getBigUint64(nodes[6] ?? 0, true), true),
    ),
  ],
  [
    'the key of a free slot',
    'vectors',
    inUsearch((graph) => graph.view.setBigUint64(graph.nodes[5] ?? 0, 2n ** 64n - 1n, true)),
  ],
  [
    'a key beyond 32 bits',
    'vectors',
    inUsearch((graph) => graph.view.setUint32((graph.nodes[5] ?? 0) + 4, 1, true)),
  ],
  [
    'a node on two highest levels',
    'vectors',
    inUsearch((graph) => graph.view.setInt16((graph.nodes[5] ?? 0) + 8, 9, true)),
  ],
  ['a negative level', 'vectors', inUsearch((graph) => graph.view.setInt16(graph.header + 40, -1, true))],
  [
    'an entry that is below the highest level',
    'vectors',
    inUsearch((graph) => {
      graph.entry = low(graph);
    }),
  ],
  [
    'an entry that is not there',
    'vectors',
    inUsearch((graph) => {
      graph.entry = 300;
    }),
  ],
  [
    'a highest level that nobody has',
    'vectors',
    inUsearch((graph) => graph.view.setBigUint64(graph.header + 24, 200n, true)),
  ],
  [
    'more nodes than vectors',
    'vectors',
    inUsearch((graph) => graph.view.setBigUint64(graph.header, 2n ** 60n, true)),
  ],
  [
    'more links on the lowest level',
    'vectors',
    inUsearch((graph) => graph.view.setBigUint64(graph.header + 16, 1000n, true)),
  ],
  ['longer vectors', 'vectors', (view) => view.setUint32(4, 64, true)],
  ['fewer vectors', 'vectors', (view) => view.setUint32(0, 299, true)],
  ['another metric', 'vectors', inUsearch((graph) => graph.view.setUint8(graph.head + 13, 0x69))],
  ['another type of numbers', 'vectors', inUsearch((graph) => graph.view.setUint8(graph.head + 14, 10))],
  ['keys of another type', 'vectors', inUsearch((graph) => graph.view.setUint8(graph.head + 15, 3))],
  ['slots of another type', 'vectors', inUsearch((graph) => graph.view.setUint8(graph.head + 16, 2))],
  [
    'a dimension of 2^60',
    'vectors',
    inUsearch((graph) => graph.view.setBigUint64(graph.head + 33, 2n ** 60n, true)),
  ],
  ['several vectors for a key', 'vectors', inUsearch((graph) => graph.view.setUint8(graph.head + 41, 1))],
  ['a version before 2.10', 'vectors', inUsearch((graph) => graph.view.setUint16(graph.head + 9, 9, true))],
  ['four billion slots', 'labels', (view) => view.setFloat64(0, 0xffffffff, true)],
  ['a slot that is not there', 'labels', (view) => view.setFloat64(16, 300, true)],
];
const crafts = { hnswlib: ofHnswlib, usearch: ofUsearch };

const loadedFrom = (folder: string): string => {
  const loaded = loadIndex(folder, expected);
  return 'problem' in loaded ? loaded.problem : 'none';
};

for (const { engine, skip } of enginesHere) {
  test(`${engine}: a graph that somebody else wrote is not loaded unless every link leads to a node`, {
    skip,
  }, () => {
    withFolder((folder) => {
      save(folder, engine);
      assert.equal(loadedFrom(folder), 'none');
    });
    for (const [what, part, change] of crafts[engine])
      withFolder((folder) => {
        save(folder, engine);
        rewrite(folder, part, change);
        assert.notEqual(loadedFrom(folder), 'none', what);
      });
  });

  test(`${engine}: what the manifest says is bounded, and the manifest itself`, { skip }, () => {
    const lies: readonly object[] = [
      { dimension: 2 ** 40 },
      { parameters: { m: 2 ** 31, efConstruction: 200, ef: 96 } },
      { parameters: { m, efConstruction: 2 ** 50, ef: 96 } },
      { parameters: { m, efConstruction: 200, ef: 2 ** 50 } },
      { count: -1 },
      { sequence: 1e300 },
      { engine: 'tree' },
      { more: 1 },
    ];
    for (const lie of lies)
      withFolder((folder) => {
        save(folder, engine);
        const path = join(folder, 'index.json');
        const manifest = parseManifest(readFileSync(path, 'utf8')) as Manifest;
        writeFileSync(path, serializeManifest({ ...manifest, ...lie } as Manifest));
        assert.match(loadedFrom(folder), /not understood/, JSON.stringify(lie));
      });
    withFolder((folder) => {
      save(folder, engine);
      truncateSync(join(folder, 'index.json'), 2 ** 33);
      assert.equal(loadedFrom(folder), 'index.json is too large');
    });
  });
}

test('a graph of hnswlib without nodes has no entry', {
  skip: enginesHere.find(({ engine }) => engine === 'hnswlib')?.skip,
}, () => {
  for (const at of [48, 52])
    withFolder((folder) => {
      HnswIndex.create({ engine: 'hnswlib', metric: 'l2', dimension, m }).save(folder, {
        modelId: 'm',
        sequence: 1,
      });
      assert.equal(loadedFrom(folder), 'none');
      rewrite(folder, 'vectors', (view) => view.setInt32(at, 1_000_000_000, true));
      assert.match(loadedFrom(folder), /starts at a node that is not there/);
    });
});
