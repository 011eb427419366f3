// Runs the contract suite of the engines, and the tests that need their servers, and prints a table: for each engine, and each further
// file, how many of its tests passed, how many of the calls in them were refused because the engine does not declare them, how many
// failed, and how many were skipped, with the reason.
import { run } from 'node:test';

const contract = 'engine/contract';
/** The files of which nothing, or not all, runs without a server. */
const files = [
  contract,
  'engines/postgres/postgres-engine',
  'engines/postgres/index-builder',
  'engines/postgres/postgres-reembedding',
  'engines/postgres/refusals',
  'engines/pictures/s3-store',
  'cli/check-pictures',
  'retrieval/import-together',
  'server/several-servers',
];
const table = {};
const reasons = [];
let failed = false;

const rowOf = (name) => {
  table[name] ??= { passed: 0, refused: 0, failed: 0, skipped: 0 };
  return table[name];
};

process.env['SNAPSHELF_TELL_REFUSED'] = '1';
for (const file of files) {
  // Those of the contract are suites, one for each engine.
  let row = file;
  const stream = run({ files: [`dist/test/${file}.test.js`], timeout: 300_000 });
  stream.on('test:start', ({ name, nesting }) => {
    if (nesting === 0 && file === contract) row = name;
  });
  stream.on('test:stdout', ({ message }) => {
    rowOf(row).refused += (message.match(/^refused: /gm) ?? []).length;
  });
  stream.on('test:pass', ({ name, details, skip }) => {
    if (typeof skip === 'string') {
      rowOf(row).skipped += 1;
      reasons.push(`${row === name ? row : `${row}, ${name}`}, because: ${skip}`);
    } else if (details.type !== 'suite') rowOf(row).passed += 1;
  });
  stream.on('test:fail', ({ name, details }) => {
    failed = true;
    if (details.type !== 'suite') rowOf(row).failed += 1;
    console.error(`${name}: ${details.error.cause?.message ?? details.error.message}`);
  });
  for await (const _ of stream);
}
console.table(table);
for (const reason of reasons) console.log(`skipped: ${reason}`);
process.exitCode = failed ? 1 : 0;
