import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { repositoryRoot } from '../support/repository.ts';

const scripts = join(repositoryRoot, 'scripts');

/** The names that a script takes out of modules of the build. */
const importsOf = (text: string): (readonly [string, string[]])[] =>
  [...text.matchAll(/^import \{([^}]+)\} from '(\.\.\/dist\/[^']+)';/gm)].map(([, names = '', path = '']) => [
    path,
    names
      .split(',')
      .map((name) => name.trim().split(' as ')[0] ?? '')
      .filter((name) => name !== ''),
  ]);

test('what scripts import from the build is there: no compiler looks at them', async () => {
  const missing: string[] = [];
  let looked = 0;
  for (const file of readdirSync(scripts).filter((name) => name.endsWith('.mjs')))
    for (const [path, names] of importsOf(readFileSync(join(scripts, file), 'utf8'))) {
      const module = await import(String(pathToFileURL(join(scripts, path))));
      looked += names.length;
      missing.push(...names.filter((name) => !(name in module)).map((name) => `${file}: ${name} of ${path}`));
    }
  assert.deepEqual(missing, []);
  assert.ok(looked > 40, String(looked));
});

test('the names of an import are found', () => {
  const text = "import {\n  one,\n  two as three,\n} from '../dist/a.js';\nimport x from 'x';\n";
  assert.deepEqual(importsOf(text), [['../dist/a.js', ['one', 'two']]]);
});
