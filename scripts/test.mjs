// Runs the built tests. `npm test` runs all; `npm test -- gallery onnx` only the files whose path contains a word.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';

const words = process.argv.slice(2);
const files = readdirSync('dist/test', { recursive: true })
  .map((file) => join('dist/test', file.toString()))
  // What an earlier build left of a test that is gone does not count.
  .filter((file) => file.endsWith('.test.js') && existsSync(`${file.slice('dist/'.length, -'js'.length)}ts`))
  .filter((file) => words.length === 0 || words.some((word) => file.includes(word)))
  .sort();
if (files.length === 0) {
  console.error(`no test file matches: ${words.join(' ')}`);
  process.exit(2);
}
const stream = run({
  files: files.map((file) => join(process.cwd(), file)),
  concurrency: 2,
  timeout: 600_000,
});
stream.on('test:fail', () => {
  process.exitCode = 1;
});
const output = stream.compose(new spec());
output.pipe(process.stdout);
await finished(output);
