import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { SnapshelfError } from '../../../src/errors.ts';
import { damaged } from '../../../src/gallery/storage/sqlite-errors.ts';
import { problemOf } from '../../../src/server/http/problem.ts';
import { publicText } from '../../../src/server/http/public-text.ts';

const texts: readonly (readonly [string, string])[] = [
  [
    'The database /srv/shop/data/collections/x/catalogue.sqlite cannot be read',
    'The database catalogue.sqlite cannot be read',
  ],
  ['/srv/My Shop/the data/models/a.onnx: not a model', 'a.onnx: not a model'],
  ["ENOENT: no such file, open '/srv/a b/c.json'", "ENOENT: no such file, open 'c.json'"],
  ['at file:///home/me/app/x.js:3:5', 'at x.js:3:5'],
  ['C:\\Users\\Me And You\\data\\x.sqlite is locked', 'x.sqlite is locked'],
  ['\\\\server\\share\\x.sqlite is locked', 'x.sqlite is locked'],
  ['(/tmp/x)', '(x)'],
  [
    'send image/jpeg, and/or application/json; see https://example.org/a/b',
    'send image/jpeg, and/or application/json; see https://example.org/a/b',
  ],
  ['cannot move /srv/a b/x to C:\\Users\\Me And You\\y.bin, sorry', 'cannot move y.bin, sorry'],
  ['/srv//shop/secret/x', 'x'],
  ['(/(/(/', '(/(/(/'],
  ['an id has no leading "/" and no ".." segment', 'an id has no leading "/" and no ".." segment'],
  ['dress/6ccb3f12.jpg has 1/2 of it', 'dress/6ccb3f12.jpg has 1/2 of it'],
];
for (const [text, shown] of texts) test(`shown: ${shown}`, () => assert.equal(publicText(text), shown));

test('no folder of any path is shown, whatever stands around it', () => {
  const name = fc
    .string({ unit: fc.constantFrom('a', 'B', '7', '-', '_', '.', ' ', 'ü'), minLength: 1, maxLength: 8 })
    .map((part) => `secret${part.trim()}`);
  const path = fc.array(name, { minLength: 1, maxLength: 5 }).map((parts) => `/${parts.join('/')}/file.bin`);
  const around = fc.constantFrom(
    ['', ''],
    ['the file ', ' is gone'],
    ["open '", "'"],
    ['(', ')'],
    ['x: ', ': y'],
    ['[', ']'],
  );
  fc.assert(
    fc.property(path, around, (one, [before = '', after = '']) => {
      const shown = publicText(before + one + after);
      assert.equal(shown, `${before}file.bin${after}`);
    }),
    { numRuns: 1000, seed: 17 },
  );
});

/** Returns how many characters the searches of a text pass, and the patterns that they search for. */
function searches(t: TestContext, text: string): { passed: number; patterns: Set<string> } {
  let passed = 0;
  const patterns = new Set<string>();
  const { exec } = RegExp.prototype;
  const spy = t.mock.method(RegExp.prototype, 'exec', function (this: RegExp, within: string) {
    const from = this.lastIndex;
    const found = exec.call(this, within);
    patterns.add(this.source);
    passed += (found === null ? within.length : found.index + found[0].length) - from;
    return found;
  });
  publicText(text);
  spy.mock.restore();
  return { passed, patterns };
}

test('no text keeps the thread: each character is passed three times at most, by patterns of bounded length', (t) => {
  for (const part of ['(/', '(/a', '/ ', ' C:', '\\\\ ', 'file:///', '/a:', 'a b', '']) {
    const text = part.repeat(1800 / (part.length || 1));
    const { passed, patterns } = searches(t, text);
    assert.ok(passed <= 3 * text.length, `${part}: ${passed} of ${text.length}`);
    assert.ok(patterns.size > 0);
    for (const pattern of patterns)
      assert.doesNotMatch(pattern.replaceAll(/\\.|\[(?:\\.|[^\]])*\]/gu, ''), /[*+]|\{\d+,\}/u, pattern);
  }
});

test('details pass the same boundary, and nothing is endless', () => {
  const error = new SnapshelfError('gallery-locked', 'Another process holds /srv/data/lock.', {
    details: {
      given: ['/srv/data/a b/x.sqlite', { deep: '/srv/y.sqlite' }],
      bytes: 5,
      why: 'x'.repeat(100_000),
      pid: 5,
    },
  });
  const problem = problemOf(error);
  assert.equal(problem.detail, 'Another process holds lock.');
  assert.deepEqual(problem['given'], ['x.sqlite', { deep: 'y.sqlite' }]);
  assert.equal(problem['bytes'], 5);
  // The document has no such field.
  assert.ok(!('pid' in problem));
  assert.ok(JSON.stringify(problem).length < 3000);
});

test('what speaks of the request alone is left as it is', () => {
  const error = new SnapshelfError('route-not-found', 'there is nothing at /v2/collections');
  assert.equal(problemOf(error).detail, 'there is nothing at /v2/collections');
});

test('a damaged database is named as the data folder names it', () => {
  const { details } = damaged('/srv/my data/collections/shop/catalogue.sqlite', 'it is empty');
  assert.deepEqual(details, { file: 'collections/shop/catalogue.sqlite', why: 'it is empty' });
  assert.deepEqual(damaged('C:\\data\\collections\\shop\\catalogue.sqlite', 'x').details, {
    file: 'collections/shop/catalogue.sqlite',
    why: 'x',
  });
  assert.deepEqual(damaged('/tmp/elsewhere.sqlite', 'x').details, { file: 'elsewhere.sqlite', why: 'x' });
  assert.equal(
    problemOf(damaged('/srv/data/collections/s/catalogue.sqlite', 'x'))['file'],
    'collections/s/catalogue.sqlite',
  );
});
