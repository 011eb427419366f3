// Negative controls: takes one guard of test/guards/*.json at a time out of the build and runs the tests that are to
// notice. A guard whose loss no test notices is reported, and the exit code is 1; tests that only run into their time limit
// have noticed nothing.
//   npm run guards                 all of them
//   npm run guards -- restore      those whose name has that word
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { run } from 'node:test';

// Guards are taken out of modules, so no thread may begin with a bundle of them; the next build makes the bundles again.
rmSync('dist/bundles', { recursive: true, force: true });
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

/** What has to be put back, also when this script is interrupted. */
let taken;
function putBack() {
  if (taken !== undefined) writeFileSync(taken.path, taken.text);
  taken = undefined;
}
process.on('exit', putBack);
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(130));

/** What the tests say: the names of those that fail, and whether a file was ended by its time limit, which says nothing. */
async function outcome(files) {
  const failed = [];
  let timedOut = false;
  const stream = run({ files, concurrency: true, timeout: 120_000 });
  stream.on('test:fail', ({ name, details }) => {
    if (name.endsWith('.test.js') && details.error.failureType === 'testTimeoutFailure') timedOut = true;
    else failed.push(name);
  });
  for await (const _ of stream);
  return { failed, timedOut };
}

/** Runs the tests of a guard without it. */
async function runWithout(guard) {
  const path = join('dist', guard.file);
  taken = { path, text: readFileSync(path, 'utf8') };
  writeFileSync(path, without(guard, taken.text));
  const result = await outcome(guard.tests.map((test) => resolve('dist/test', `${test}.test.js`)));
  putBack();
  return result;
}

const words = process.argv.slice(2);
let unnoticed = 0;
for (const guard of guards) {
  if (words.length > 0 && !words.some((word) => guard.name.includes(word))) continue;
  const { failed, timedOut } = await runWithout(guard);
  if (failed.length === 0) unnoticed += 1;
  const why = timedOut ? 'NOT NOTICED: its tests ran into their time limit' : 'NOT NOTICED';
  console.log(`${guard.name}: ${failed.length > 0 ? `noticed by "${failed[0]}"` : why}`);
}
process.exitCode = unnoticed > 0 ? 1 : 0;
