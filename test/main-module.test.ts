import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { mainModule } from '../src/main-module.ts';
import { repositoryRoot } from './support/repository.ts';

const folder = mkdtempSync(join(tmpdir(), 'snapshelf-modules-'));
after(() => rmSync(folder, { recursive: true, force: true }));

test('a module is found by the extension of who asks', () => {
  assert.equal(String(mainModule('file:///src/a/b.ts', './worker')), 'file:///src/a/worker.ts');
  assert.equal(fileURLToPath(mainModule('file:///dist/a/b.js', '../worker')), '/dist/worker.js');
});

test('its bundle is taken where there is one, also below other folders of that name', () => {
  // A package within the build of a project that keeps it there.
  const root = join(folder, 'dist', 'src', 'node_modules', 'snapshelf', 'dist');
  const base = String(pathToFileURL(join(root, 'src', 'a', 'b.js')));
  assert.equal(fileURLToPath(mainModule(base, './worker')), join(root, 'src', 'a', 'worker.js'));
  const bundle = join(root, 'bundles', 'a', 'worker.js');
  mkdirSync(dirname(bundle), { recursive: true });
  writeFileSync(bundle, '');
  assert.equal(fileURLToPath(mainModule(base, './worker')), bundle);
  assert.equal(fileURLToPath(mainModule(base, './other')), join(root, 'src', 'a', 'other.js'));
});

test('the build has a bundle of everything that something begins with', (t) => {
  const bundles = join(repositoryRoot, 'dist', 'bundles');
  const source = join(repositoryRoot, 'src');
  const asked = readdirSync(source, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !path.startsWith('page'))
    .flatMap((path) =>
      [
        ...readFileSync(join(source, path), 'utf8').matchAll(
          /mainModule\(\s*import\.meta\.url,\s*'([^']+)'/g,
        ),
      ].map(([, name = '']) => join(dirname(path), name)),
    );
  assert.ok(asked.length > 10);
  if (!existsSync(bundles)) return t.skip('the build was made without bundles');
  const there = new Set(readdirSync(bundles, { recursive: true, encoding: 'utf8' }));
  assert.deepEqual(
    asked.filter((name) => !there.has(`${name}.js`)),
    [],
  );
});
