// Negative controls: takes one guard of test/guards/*.json at a time out of the build and runs the tests that are to
// notice. A guard whose loss no test notices is reported, and the exit code is 1.
//   npm run guards                 all of them
//   npm run guards -- restore      those whose name has that word
import { execFile } from 'node:child_process';
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

/** What has to be put back, also when this script is interrupted. */
let taken;
function putBack() {
  if (taken !== undefined) writeFileSync(taken.path, taken.text);
  taken = undefined;
}
process.on('exit', putBack);
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(130));

/** Runs node; its output and whether it ended well. */
const node = (...args) =>
  new Promise((resolve) => {
    execFile(process.execPath, args, { maxBuffer: 2 ** 28 }, (error, stdout) =>
      resolve({ ok: error === null, stdout }),
    );
  });

/** The tests that fail without the guard; undefined when none does. */
async function noticedBy(guard) {
  const path = join('dist', guard.file);
  taken = { path, text: readFileSync(path, 'utf8') };
  writeFileSync(path, without(guard, taken.text));
  const tests = guard.tests.map((test) => join('dist/test', `${test}.test.js`));
  const { ok, stdout } = await node('--test', '--test-reporter=spec', '--test-timeout=120000', ...tests);
  putBack();
  if (ok) return undefined;
  const failed = [...stdout.matchAll(/^\s*✖ (?!failing tests)(.*?)(?: \([\d.]+ms\))?$/gm)].map(
    ([, name]) => name,
  );
  return [...new Set(failed)];
}

const words = process.argv.slice(2);
let unnoticed = 0;
for (const guard of guards) {
  if (words.length > 0 && !words.some((word) => guard.name.includes(word))) continue;
  const noticed = await noticedBy(guard);
  if (noticed === undefined) unnoticed += 1;
  console.log(`${guard.name}: ${noticed === undefined ? 'NOT NOTICED' : `noticed by "${noticed[0]}"`}`);
}
process.exitCode = unnoticed > 0 ? 1 : 0;
