import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { options as benchmarkOptions } from '../../benchmark/peers/options.ts';
import { type ErrorCode, errorCatalogue, statusOf } from '../../src/errors.ts';
import { repositoryRoot } from '../support/repository.ts';
import { readCommands, unknownIn } from './docs-commands.ts';

const markdown = ['', 'docs', 'models']
  .flatMap((folder) => readdirSync(join(repositoryRoot, folder)).map((name) => join(folder, name)))
  .filter((path) => path.endsWith('.md'));
const textOf = (path: string): string => readFileSync(join(repositoryRoot, path), 'utf8');

/** Finds the codes whose row in a table of errors is missing, superfluous, without advice or not what the program says. */
function wrongErrors(table: string): string[] {
  const rows = [...table.matchAll(/^\| `([^`]+)` \| (\d+) \| (.+?) \| ([A-Z].{10,}\.) \|$/gm)];
  const told = new Map(rows.map(([, code, status, meaning]) => [code, `${status} ${meaning}`]));
  const known = new Map<string | undefined, string>(
    Object.entries(errorCatalogue).map(([code, meaning]) => [
      code,
      `${statusOf(code as ErrorCode)} ${meaning}`,
    ]),
  );
  return [...new Set([...told.keys(), ...known.keys()])]
    .filter((code) => told.get(code) !== known.get(code))
    .map(String);
}

test('docs/errors.md has every code with its status, its meaning and what to do', () => {
  assert.deepEqual(wrongErrors(textOf('docs/errors.md')), []);
});

test('a code that is missing, unknown, without advice or of another status is found', () => {
  const table = textOf('docs/errors.md')
    .replace(/^\| `closed` .*$/m, '')
    .replace('| `forbidden` | 403 |', '| `forbidden` | 404 |')
    .replace(/^(\| `internal` .* \|) .* \|$/m, '$1 - |')
    .concat('| `no-such-code` | 500 | Nothing. | Do nothing at all. |\n');
  assert.deepEqual(wrongErrors(table).sort(), ['closed', 'forbidden', 'internal', 'no-such-code']);
});

/** Options of npm scripts and of other programs that the pages name. */
const foreign = new Set([
  ...['--install', '--fast', '--coverage', '--quick', '--only', '--version'],
  ...['--minutes', '--row', '--try', '--no-controls'],
  ...['--scheme', '--netns', '--url', '--seconds', '--split', '--no-kill'],
  ...['--peers', ...Object.keys(benchmarkOptions).map((name) => `--${name}`)],
]);

test('the pages name no command and no option that the program does not know', async () => {
  const known = await readCommands();
  assert.ok(known.size >= 16);
  const unknown = markdown.flatMap((path) =>
    unknownIn(textOf(path), known, foreign).map((one) => `${path}: ${one}`),
  );
  assert.deepEqual(unknown, []);
});

test('an unknown command and an unknown option are found', () => {
  const known = new Map([
    ['train', new Set(['--out'])],
    ['serve', new Set(['--port'])],
  ]);
  const page =
    '```\n$ snapshelf train a \\\n    --port 1\n$ snapshelf bake\n```\nand `snapshelf serve --port 1`, `--colour`';
  assert.deepEqual(unknownIn(page, known, new Set()), [
    'snapshelf train --port',
    'snapshelf bake',
    '--colour',
  ]);
});

test('links between pages lead somewhere', () => {
  const broken = markdown.flatMap((path) =>
    [...textOf(path).matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)]
      .map(([, target = '']) => target)
      .filter((target) => !existsSync(join(repositoryRoot, dirname(path), target)))
      .map((target) => `${path}: ${target}`),
  );
  assert.deepEqual(broken, []);
});

test('the files and folders of src and test that the pages name are there', () => {
  const rooms = readdirSync(join(repositoryRoot, 'src'));
  const isThere = (path: string): boolean =>
    ['', '.ts', '.test.ts'].some((ending) => existsSync(join(repositoryRoot, path + ending)));
  const missing = markdown
    .filter((path) => path !== 'CHANGELOG.md')
    .flatMap((path) =>
      [...textOf(path).matchAll(/`([a-z]+)\/([\w./-]*)`/g)]
        .map(([, first = '', rest = '']) =>
          rooms.includes(first) ? `src/${first}/${rest}` : `${first}/${rest}`,
        )
        .filter((named) => /^(src|test)\//.test(named) && !isThere(named))
        .map((named) => `${path}: ${named}`),
    );
  assert.deepEqual(missing, []);
});
