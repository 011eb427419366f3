import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join, sep } from 'node:path';
import { test } from 'node:test';
import { repositoryRoot } from '../support/repository.ts';
import { misplaced } from './tree.ts';

const pathsIn = (folder: string, ending: string): string[] =>
  readdirSync(join(repositoryRoot, folder), { recursive: true })
    .map((path) => path.toString().split(sep).join('/'))
    .filter((path) => path.endsWith(ending))
    .sort();

test('the tree of test mirrors that of src', () => {
  assert.deepEqual(misplaced(pathsIn('test', '.test.ts'), pathsIn('src', '.ts')), []);
});

test('a test in a folder that src lacks, and one beside the folder of its file, are found', () => {
  const sources = ['gallery/ann/graph.ts', 'gallery/gallery.ts'];
  const kept = ['whole.test.ts', 'rules/x.test.ts', 'gallery/kill.test.ts', 'gallery/ann/graph.test.ts'];
  assert.deepEqual(misplaced(kept, sources), []);
  assert.deepEqual(misplaced(['gallery/index/x.test.ts', 'gallery/graph.test.ts'], sources), [
    'test/gallery/index/x.test.ts: src has no folder gallery/index',
    'test/gallery/graph.test.ts: graph.ts is in src/gallery/ann',
  ]);
});
