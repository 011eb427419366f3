import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { repositoryRoot } from '../support/repository.ts';

const table = join(repositoryRoot, '..', 'shared', 'cases', 'README.md');
const folder = join(repositoryRoot, 'test', 'cases');

/** The words by which a row's test names the row: what stands in backticks in its first cell. */
const inputsOf = (row: string): string[] =>
  [...(row.split('|')[1] ?? '').matchAll(/`([^`]+)`/g)].map(([, input = '']) => input);

test('every row of the table of cases has a test that names it', {
  skip: existsSync(table) ? false : 'the table of cases is not here',
}, () => {
  const rows = readFileSync(table, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('|') && !/^\| (---|input)/.test(line));
  assert.ok(rows.length >= 20, `${rows.length} rows`);
  const tests = readdirSync(folder)
    .filter((name) => name.endsWith('.test.ts') && name !== 'table.test.ts')
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join('\n');
  // A test says what it does in its own words where the cell is a pattern or a command line.
  const isName = (input: string): boolean => !/[*$|]|\.\.\./.test(input);
  const missing = rows.flatMap(inputsOf).filter((input) => isName(input) && !tests.includes(input));
  assert.deepEqual(missing, []);
});
