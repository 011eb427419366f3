// Lists what breaks the rules of test/rules/ in src, exceptions included, and how many there are of each rule.
//   npm run check-rules                      all rooms
//   npm run check-rules -- gallery/ messages those whose path or rule has one of the words
import { rules } from '../dist/test/rules/index.js';
import { readSources } from '../dist/test/rules/source-file.js';

const words = process.argv.slice(2);
const files = readSources('src');
const paths = words.filter((word) => !rules.some(({ name }) => name === word));
const names = words.filter((word) => rules.some(({ name }) => name === word));
const counts = {};
for (const { name, find } of rules) {
  if (names.length > 0 && !names.includes(name)) continue;
  const found = find(files).filter(
    ({ path }) => paths.length === 0 || paths.some((word) => path.startsWith(word)),
  );
  counts[name] = found.length;
  for (const { path, line, message } of found) console.log(`src/${path}:${line}: ${name}: ${message}`);
}
console.table(counts);
