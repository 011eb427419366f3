// Runs the built tests.
//   npm test                      all of them
//   npm test -- gallery onnx      those whose path contains one of the words
//   npm test -- --fast            those that start no process and train nothing (files without a line "// slow: …")
//   npm test -- --coverage        and prints, per room, the share of lines, branches and functions that ran
import { finished } from 'node:stream/promises';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { parseArgs } from 'node:util';
import { runWithCoverage } from './coverage.mjs';
import { chooseTests } from './test-files.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { fast: { type: 'boolean', default: false }, coverage: { type: 'boolean', default: false } },
});
const { files, leftOut } = chooseTests(positionals, values.fast);

/** Runs the tests in this process's children, two at a time. */
async function runTests() {
  const noProcesses = `--import=${new URL('./no-processes.mjs', import.meta.url)}`;
  if (values.fast) process.env.NODE_OPTIONS = `${process.env.NODE_OPTIONS ?? ''} ${noProcesses}`;
  const stream = run({ files, concurrency: 2, timeout: 600_000 });
  stream.on('test:fail', () => {
    process.exitCode = 1;
  });
  const output = stream.compose(new spec());
  output.pipe(process.stdout);
  await finished(output);
}

if (values.coverage) {
  const rest = process.argv.slice(2).filter((word) => word !== '--coverage');
  process.exitCode = runWithCoverage([process.execPath, process.argv[1], ...rest]);
} else await runTests();
if (leftOut > 0 && !values.coverage)
  console.log(`${files.length} test files ran; ${leftOut} slow ones were left out.`);
