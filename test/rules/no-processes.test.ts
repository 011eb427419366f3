// slow: starts processes
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { repositoryRoot } from '../support/repository.ts';

const preload = pathToFileURL(join(repositoryRoot, 'scripts', 'no-processes.mjs')).href;

for (const call of [
  "spawn('true')",
  "fork('x.js')",
  "execFile('true')",
  "spawnSync('true')",
  "execSync('true')",
]) {
  test(`a fast test that calls ${call} fails`, () => {
    const code = `import { ${call.split('(')[0]} } from 'node:child_process';\n${call};`;
    const args = ['--import', preload, '--input-type=module', '--eval', code];
    const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    assert.equal(status, 1);
    assert.match(stderr, /A fast test starts no process\./);
  });
}
