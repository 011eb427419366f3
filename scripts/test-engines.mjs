// Runs the contract suite of the engines, and prints a table: for each engine how many of its tests passed, how many of the calls in
// them were refused because it does not declare them, how many failed, and how many were skipped, with the reason.
import { run } from 'node:test';

const files = ['dist/test/engine/contract.test.js', 'dist/test/server/several-servers.test.js'];
const table = {};
const reasons = [];
let now = '';
let failed = false;

const rowOf = (name) => {
  table[name] ??= { passed: 0, refused: 0, failed: 0, skipped: 0 };
  return table[name];
};

process.env['SNAPSHELF_TELL_REFUSED'] = '1';
const stream = run({ files, timeout: 300_000 });
stream.on('test:start', ({ name, nesting }) => {
  if (nesting === 0) now = name;
});
stream.on('test:stdout', ({ message }) => {
  rowOf(now).refused += (message.match(/^refused: /gm) ?? []).length;
});
stream.on('test:pass', ({ name, nesting, skip }) => {
  if (nesting === 0) {
    rowOf(name);
    if (typeof skip === 'string') {
      rowOf(name).skipped += 1;
      reasons.push(`${name}: ${skip}`);
    }
  } else if (skip === undefined) rowOf(now).passed += 1;
});
stream.on('test:fail', ({ name, nesting, details }) => {
  failed = true;
  if (nesting > 0) rowOf(now).failed += 1;
  else rowOf(name);
  console.error(`${name}: ${details.error.cause?.message ?? details.error.message}`);
});
for await (const _ of stream);
console.table(table);
for (const reason of reasons) console.log(`skipped ${reason}`);
process.exitCode = failed ? 1 : 0;
