// Runs the built tests.
//   npm test                      all of them
//   npm test -- gallery onnx      those whose path contains one of the words
//   npm test -- --fast            those that start no process and train nothing (files without a line "// slow: …")
//   npm test -- --coverage        and prints, per room, the share of lines, branches and functions that ran
import { availableParallelism } from 'node:os';
import { relative } from 'node:path';
import { finished } from 'node:stream/promises';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { runWithCoverage } from './coverage.mjs';
import { chooseTests } from './test-files.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { fast: { type: 'boolean', default: false }, coverage: { type: 'boolean', default: false } },
});
const { files, leftOut } = chooseTests(positionals, values.fast);

/** Files at a time: some wait for processes, so one more than there are cores; up to four, since some need a gigabyte. */
const concurrency = Math.min(4, availableParallelism() + 1);

/** Adds up the seconds of a file's tests. Returns a function that lists the files that took longest. */
function sumByFile(stream) {
  const seconds = new Map();
  const add = ({ nesting, file, details }) => {
    if (nesting === 0 && file !== undefined)
      seconds.set(file, (seconds.get(file) ?? 0) + details.duration_ms / 1000);
  };
  stream.on('test:pass', add).on('test:fail', add);
  return (count) => [...seconds].sort((a, b) => b[1] - a[1]).slice(0, count);
}

/** Runs the tests in this process's children. */
async function runTests() {
  // In quotes: the folder's name may have blanks.
  const noProcesses = `--require ${JSON.stringify(fileURLToPath(new URL('./no-processes.cjs', import.meta.url)))}`;
  if (values.fast) process.env.NODE_OPTIONS = `${process.env.NODE_OPTIONS ?? ''} ${noProcesses}`;
  const stream = run({ files, concurrency, timeout: 300_000 });
  const slowest = sumByFile(stream);
  stream.on('test:fail', () => {
    process.exitCode = 1;
  });
  // One that does not run says why: else it would be forgotten.
  stream.on('test:pass', ({ name, skip }) => {
    if (skip === undefined || (typeof skip === 'string' && skip !== '')) return;
    process.exitCode = 1;
    console.error(`skipped without a reason: ${name}`);
  });
  const output = stream.compose(new spec());
  output.pipe(process.stdout);
  await finished(output);
  console.log('\nSeconds in the tests of the files that took longest:');
  for (const [file, s] of slowest(files.length > 20 ? 25 : 5))
    console.log(`${s.toFixed(1).padStart(7)}  ${relative('dist', file)}`);
}

if (values.coverage) {
  const rest = process.argv.slice(2).filter((word) => word !== '--coverage');
  process.exitCode = runWithCoverage([process.execPath, process.argv[1], ...rest]);
} else await runTests();
if (leftOut > 0 && !values.coverage)
  console.log(`${files.length} test files ran; ${leftOut} slow ones were left out.`);
