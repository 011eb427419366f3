import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** Gives the source of a built test file. */
const sourceOf = (file) => `${file.slice('dist/'.length, -'js'.length)}ts`;

/** True if the test file says in its first line that it is slow: `// slow: trains`. */
const isSlow = (file) => readFileSync(sourceOf(file), 'utf8').startsWith('// slow: ');

/** True for the tests in a browser, which run only when they are named. */
const isBrowser = (file) => /[\\/]browser-[^\\/]*$/.test(file);

/**
 * Chooses built test files.
 * @param words the path of a file must hold one of them; none means all files but those in a browser
 * @param fast without the files that say that they are slow
 */
export function chooseTests(words, fast) {
  const chosen = readdirSync('dist/test', { recursive: true })
    .map((file) => join('dist/test', file.toString()))
    // What an earlier build left of a test that is gone does not count.
    .filter((file) => file.endsWith('.test.js') && existsSync(sourceOf(file)))
    .filter((file) => (words.length === 0 ? !isBrowser(file) : words.some((word) => file.includes(word))))
    .sort();
  if (chosen.length === 0) throw new Error(`No test file matches: ${words.join(' ')}.`);
  const slow = chosen.filter(isSlow);
  const others = chosen.filter((file) => !slow.includes(file));
  // The slow ones first: at the end, short files keep every core at work until all are over.
  const files = fast ? others : [...slow, ...others];
  return { files: files.map((file) => resolve(file)), leftOut: chosen.length - files.length };
}
