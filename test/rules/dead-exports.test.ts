// slow: starts processes
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { repositoryRoot } from '../support/repository.ts';

/** Runs knip on a project. */
function knip(directory: string): { readonly status: number | null; readonly stdout: string } {
  const script = join(repositoryRoot, 'node_modules', 'knip', 'bin', 'knip.js');
  return spawnSync(process.execPath, [script, '--directory', directory], { encoding: 'utf8' });
}

test('nothing is exported, kept or depended on that nothing uses', () => {
  const { status, stdout } = knip(repositoryRoot);
  assert.equal(status, 0, stdout);
});

test('an export that nothing uses is found', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'snapshelf-knip-'));
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ name: 'x', type: 'module', main: 'index.ts' }),
  );
  writeFileSync(join(folder, 'index.ts'), "import { used } from './other.ts';\nused();\n");
  writeFileSync(join(folder, 'other.ts'), 'export const used = () => 1;\nexport const dead = () => 2;\n');
  const { status, stdout } = knip(folder);
  assert.equal(status, 1, stdout);
  assert.match(stdout, /dead +other\.ts:2/);
  assert.doesNotMatch(stdout, /used +other\.ts/);
});
