// Negative controls: takes one guard of test/guards/*.json at a time out of the build and runs the tests that are to
// notice. A guard whose loss no test notices is reported, and the exit code is 1.
//   npm run guards                 all of them
//   npm run guards -- restore      those whose name has that word
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = 'test/guards';
const guards = readdirSync(folder)
  .filter((name) => name.endsWith('.json'))
  .flatMap((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')));

/** The file without the guard; a guard has to be found exactly once. */
function without({ name, file, find, replace }, text) {
  const parts = text.split(find);
  if (parts.length !== 2)
    throw new Error(`${name}: found ${parts.length - 1} times in dist/${file}: ${find}`);
  return parts.join(replace);
}

/** Whether one of the tests fails without the guard. */
function isNoticed(guard) {
  const path = join('dist', guard.file);
  const whole = readFileSync(path, 'utf8');
  writeFileSync(path, without(guard, whole));
  try {
    const tests = guard.tests.map((test) => join('dist/test', `${test}.test.js`));
    const run = spawnSync(process.execPath, ['--test', '--test-timeout=120000', ...tests], {
      encoding: 'utf8',
    });
    const failed = /^[ℹ#] fail (\d+)$/m.exec(run.stdout)?.[1] ?? '0';
    const first = /^\s*(?:✖|not ok \d+ -) (.*?)(?: \([\d.]+ms\))?$/m.exec(run.stdout)?.[1];
    return run.status !== 0 && { failed, first };
  } finally {
    writeFileSync(path, whole);
  }
}

const words = process.argv.slice(2);
let unnoticed = 0;
for (const guard of guards) {
  if (words.length > 0 && !words.some((word) => guard.name.includes(word))) continue;
  const noticed = isNoticed(guard);
  if (!noticed) unnoticed += 1;
  const verdict = noticed ? `noticed (${noticed.failed} fail, first: ${noticed.first})` : 'NOT NOTICED';
  console.log(`${guard.name}: ${verdict}`);
}
process.exitCode = unnoticed > 0 ? 1 : 0;
