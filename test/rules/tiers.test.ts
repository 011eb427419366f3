import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { repositoryRoot } from '../support/repository.ts';

/** True if a test runs with `npm test -- --fast` although it imports what trains. */
const trainsUnmarked = (text: string): boolean =>
  !text.startsWith('// slow: ') &&
  /import [^;]*\b(train|TrainingLoop|runStage)\b[^;]* from '[^']*\/src\/train\/[^']*'/.test(text);

test('a test that trains says so in its first line', () => {
  const folder = join(repositoryRoot, 'test');
  const unmarked = readdirSync(folder, { recursive: true })
    .map(String)
    .filter((path) => path.endsWith('.test.ts'))
    .filter((path) => trainsUnmarked(readFileSync(join(folder, path), 'utf8')));
  assert.deepEqual(unmarked, []);
});

test('a test that trains and does not say so is found', () => {
  const imports = `import { recipeOf, train } ${"from '../../src/train/index.ts';"}`;
  assert.ok(trainsUnmarked(imports));
  assert.ok(!trainsUnmarked(`// slow: trains\n${imports}`));
  assert.ok(!trainsUnmarked("import { recipeOf } from '../../src/train/index.ts';"));
});
