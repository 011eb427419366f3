import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { SnapshelfError } from '../src/errors.ts';
import {
  canonical,
  counted,
  decodeUtf8,
  shownBytes,
  spellingsOf,
  Trimmer,
  trimmedText,
} from '../src/text.ts';

test('every text comes back from its bytes, without a byte order mark', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      const plain = text.replace(/^\ufeff/u, '');
      assert.equal(decodeUtf8(Buffer.from(plain), 'It'), plain);
      assert.equal(decodeUtf8(Buffer.from(`\ufeff${plain}`), 'It'), plain);
    }),
  );
});

function refusal(bytes: Uint8Array): SnapshelfError {
  try {
    decodeUtf8(bytes, 'The file a.txt');
  } catch (error) {
    assert.ok(error instanceof SnapshelfError);
    assert.equal(error.code, 'text-not-utf8');
    return error;
  }
  return assert.fail('It was taken.');
}

test('what is not UTF-8 is refused with its line', () => {
  const latin1 = refusal(Buffer.from('hat\ncaf\u00e9\nshoe', 'latin1'));
  assert.equal(latin1.message, 'The file a.txt, line 2 is not UTF-8 text: "caf\\xE9". Save it as UTF-8.');
  assert.deepEqual(latin1.details, { line: 2 });
  assert.deepEqual(refusal(Buffer.from([0x0a, 0x0a, 0xff])).details, { line: 3 });
  // Half a character at the end, a surrogate, an overlong slash.
  for (const bytes of [
    [0xe2, 0x82],
    [0xed, 0xa0, 0x80],
    [0xc0, 0xaf],
  ])
    assert.deepEqual(refusal(Buffer.from(bytes)).details, { line: 1 });
  const utf16 = Buffer.from('\ufeffhat', 'utf16le');
  assert.match(refusal(utf16).message, /is UTF-16 text, not UTF-8/);
  assert.match(refusal(utf16.swap16()).message, /is UTF-16 text, not UTF-8/);
});

test('the message of a long line is short', () => {
  assert.ok(refusal(Buffer.alloc(10_000, 0xe9)).message.length < 200);
});

test('names of bytes show what is readable in them', () => {
  assert.equal(shownBytes(Buffer.from('stra\u00dfe \u{1f45f}')), 'stra\u00dfe \u{1f45f}');
  assert.equal(shownBytes(Buffer.from([0x61, 0xe9, 0xc3, 0x9f, 0x62])), 'a\\xE9\u00dfb');
});

test('two spellings of a text are one', () => {
  assert.equal(canonical('cafe\u0301'), 'caf\u00e9');
  assert.equal(trimmedText('cafe\u0301'), trimmedText('caf\u00e9'));
});

test('blanks and characters that show nothing are removed at the ends only', () => {
  for (const blank of [' ', '\t', '\r', '\u00a0', '\u3000', '\u200b', '\ufeff', '\u202a', ' \u00a0\u200e '])
    for (const text of ['red shoe', 'a\u00a0b', '\u0646\u200c\u0647'])
      assert.equal(trimmedText(`${blank}${text}${blank}`), text, JSON.stringify(blank));
  assert.equal(trimmedText(' \u200b '), '');
});

test('the spellings of a text: as it is, composed, decomposed', () => {
  assert.deepEqual(spellingsOf('a'), ['a']);
  assert.deepEqual(spellingsOf('\u00e9'), ['\u00e9', 'e\u0301']);
  assert.deepEqual(spellingsOf('e\u0301'), ['e\u0301', '\u00e9']);
  assert.equal(spellingsOf('\u00e9e\u0301').length, 3);
});

test('a text of many blanks takes no quadratic time', () => {
  const blanks = ' '.repeat(200_000);
  assert.equal(trimmedText(`a${blanks}b${blanks}`).length, 200_002);
});

test('a trimmer counts what it changed, and not the spelling alone', () => {
  const trimmer = new Trimmer();
  assert.equal(
    trimmer.trim('cafe\u0301', () => 'line 1'),
    'caf\u00e9',
  );
  assert.deepEqual(trimmer.notes(), []);
  assert.equal(
    trimmer.trim('cafe\u0301\u00a0', () => 'line 2, label'),
    'caf\u00e9',
  );
  assert.deepEqual(trimmer.notes(), [
    'Removed the blanks at the ends of 1 text, line 2, label: "cafe\u0301\\u{a0}".',
  ]);
  trimmer.trim(' b', () => 'line 3');
  assert.match(trimmer.notes().join(), /ends of 2 texts, the first line 2, label: /);
});

test('a count has its noun in the right form', () => {
  assert.deepEqual(
    [counted(1, 'picture'), counted(0, 'picture'), counted(2, 'query', 'queries')],
    ['1 picture', '0 pictures', '2 queries'],
  );
});
