// slow: starts processes
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { HnswIndex } from '../../../src/gallery/ann/hnsw-index.ts';
import type { IndexEngine } from '../../../src/gallery/ann/manifest.ts';
import { enginesHere } from './engines-here.ts';
import { type GraphBytes, graphBytesOf, rewrite } from './saved-graph.ts';
import { clustered, withFolder } from './vectors.ts';

// Native code that goes astray ends its process: each of these graphs is used in one of its own.

const dimension = 8;

/** What the script prints; fails when the process does not end well. */
function run(script: string, ...args: readonly string[]): string {
  const path = fileURLToPath(new URL(`./${script}.js`, import.meta.url));
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, [path, ...args], {
    encoding: 'utf8',
  });
  assert.deepEqual(
    [status, signal],
    [0, null],
    `${script} ${args.join(' ')}: ${stdout.slice(-200)}${stderr}`,
  );
  return stdout.trim();
}

/** 300 nodes, of which only the entry has a sequence where `lonely`. */
function save(folder: string, engine: IndexEngine, m: number, lonely: boolean): void {
  const index = HnswIndex.create({ engine, metric: 'l2', dimension, m });
  for (const [sequence, vector] of clustered(300, dimension, 6).entries()) index.add(sequence, vector);
  index.save(folder, { modelId: 'm', sequence: 1 });
  if (!lonely) return;
  let entry = 0;
  rewrite(folder, 'vectors', (view) => {
    entry = graphBytesOf(engine, view).entry;
  });
  for (let sequence = 0; sequence < 300; sequence++) if (sequence !== entry) index.delete(sequence);
  index.save(folder, { modelId: 'm', sequence: 1 });
}

/** The entry is far away, and no other node has a link; marked ones are of no use to an insertion. */
function strand(graph: GraphBytes, marked: boolean): void {
  for (const [node, highest] of graph.levels.entries()) {
    if (node === graph.entry) continue;
    for (let level = 0; level <= highest; level++) graph.setLinks(node, level, []);
    if (marked) graph.mark?.(node);
  }
  graph.setVector(graph.entry, () => 1000);
}

for (const { engine, skip } of enginesHere) {
  for (const m of [2, 16]) {
    test(`${engine}, m ${m}: nodes without links, marked as deleted or not, do not end the process`, {
      skip,
    }, () => {
      for (const marked of engine === 'hnswlib' ? [false, true] : [false])
        withFolder((folder) => {
          save(folder, engine, m, true);
          rewrite(folder, 'vectors', (view) => strand(graphBytesOf(engine, view), marked));
          assert.equal(run('graph-use-process', folder, String(dimension)), 'used', `marked: ${marked}`);
        });
    });

    test(`${engine}, m ${m}: nodes without links that are deleted after loading do not end the process`, {
      skip,
    }, () => {
      withFolder((folder) => {
        save(folder, engine, m, false);
        let entry = 0;
        rewrite(folder, 'vectors', (view) => {
          const graph = graphBytesOf(engine, view);
          entry = graph.entry;
          strand(graph, false);
        });
        assert.equal(run('graph-use-process', folder, String(dimension), String(entry)), 'used');
      });
    });

    if (engine === 'hnswlib')
      test(`${engine}, m ${m}: marks where sequence numbers are do not end the process`, { skip }, () => {
        withFolder((folder) => {
          save(folder, engine, m, false);
          rewrite(folder, 'vectors', (view) => strand(graphBytesOf(engine, view), true));
          assert.match(run('graph-use-process', folder, String(dimension)), /marks a node as deleted/);
        });
      });
  }

  test(`${engine}: graphs broken at random, with right checksums, do not end the process`, { skip }, () => {
    const used = /used (\d+)$/.exec(run('graph-fuzz-process', engine, '0', '60'))?.[1];
    assert.ok(Number(used) > 30, `only ${used} of 60 were used at all`);
  });
}
