// Lists what breaks the rules of test/rules/ in src, exceptions included, and how many there are of each rule.
//   npm run check-rules                      all rooms
//   npm run check-rules -- --pending         also writes test/rules/pending.json: the rooms that do not keep a rule yet
//   npm run check-rules -- gallery/ messages those whose path or rule has one of the words
import { writeFileSync } from 'node:fs';
import { exceptions } from '../dist/test/rules/exceptions.js';
import { rules } from '../dist/test/rules/index.js';
import { readSources, roomOf } from '../dist/test/rules/source-file.js';

const words = process.argv.slice(2).filter((word) => word !== '--pending');
const pending = {};
const files = readSources('src');
const paths = words.filter((word) => !rules.some(({ name }) => name === word));
const names = words.filter((word) => rules.some(({ name }) => name === word));
const counts = {};
for (const { name, find } of rules) {
  if (names.length > 0 && !names.includes(name)) continue;
  const found = find(files).filter(
    ({ path }) => paths.length === 0 || paths.some((word) => path.startsWith(word)),
  );
  const excepted = ({ path }) => exceptions.some((one) => one.rule === name && one.path === path);
  const rooms = [...new Set(found.filter((one) => !excepted(one)).map(({ path }) => roomOf(path)))];
  if (rooms.length > 0) pending[name] = rooms;
  counts[name] = found.length;
  for (const { path, line, message } of found) console.log(`src/${path}:${line}: ${name}: ${message}`);
}
console.table(counts);
if (process.argv.includes('--pending'))
  writeFileSync('test/rules/pending.json', `${JSON.stringify(pending, null, 2)}\n`);
