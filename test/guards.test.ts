import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { repositoryRoot } from './support/repository.ts';
import { readControls } from './torture/controls.ts';

interface Guard {
  readonly name: string;
  /** Below `dist`. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
  /** Below `dist/test`, without `.test.js`. */
  readonly tests: readonly string[];
}

const folder = join(repositoryRoot, 'test', 'guards');
const guards = readdirSync(folder)
  .filter((name) => name.endsWith('.json'))
  .flatMap((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Guard[]);

test('every control of the torture run stands in the code once', () => {
  for (const { name, file, find } of readControls()) {
    const text = readFileSync(join(repositoryRoot, 'dist', file), 'utf8');
    assert.equal(text.split(find).length - 1, 1, `${name}: ${JSON.stringify(find)} in ${file}`);
  }
});

// `npm run guards` takes each guard out and expects its tests to fail; this test keeps that list true.
test('every guard of the negative controls stands in the code once, and its tests exist', () => {
  for (const { name, file, find, tests } of guards) {
    const text = readFileSync(join(repositoryRoot, 'dist', file), 'utf8');
    assert.equal(text.split(find).length - 1, 1, `${name}: ${JSON.stringify(find)} in ${file}`);
    for (const one of tests)
      assert.ok(existsSync(join(repositoryRoot, 'dist', 'test', `${one}.test.js`)), `${name}: ${one}`);
  }
  assert.equal(new Set(guards.map(({ name }) => name)).size, guards.length, 'names are unique');
});
