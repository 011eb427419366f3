// slow: starts processes
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { repositoryRoot } from '../support/repository.ts';

const preload = join(repositoryRoot, 'scripts', 'no-processes.cjs');

for (const call of [
  "spawn('true')",
  "fork('x.js')",
  "execFile('true')",
  "spawnSync('true')",
  "execSync('true')",
]) {
  test(`a fast test that calls ${call} fails`, () => {
    const code = `import { ${call.split('(')[0]} } from 'node:child_process';\n${call};`;
    assertRefused('--input-type=module', '--eval', code);
  });
}

test('a fast test whose worker thread starts a process fails', () => {
  const call = "require('node:child_process').spawnSync('true')";
  assertRefused(
    '--eval',
    `new (require('node:worker_threads').Worker)(${JSON.stringify(call)}, { eval: true });`,
  );
});

function assertRefused(...args: readonly string[]): void {
  const { status, stderr } = spawnSync(process.execPath, ['--require', preload, ...args], {
    encoding: 'utf8',
  });
  assert.equal(status, 1);
  assert.match(stderr, /A fast test starts no process\./);
}
