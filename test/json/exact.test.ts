import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  type JsonLimits,
  numbers,
  parseJsonWithin,
  parseUserJson,
  readUserJson,
} from '../../src/json/index.ts';

const wide: JsonLimits = { bytes: 1e8, depth: 100, nodes: 1e7, elements: 1e7 };
const read = (text: string): unknown => readUserJson(Buffer.from(text), { ...wide, allowsProto: true });

/** A slow reference: JSON written from a tree whose large whole numbers are given as BigInt, and the value wanted of it. */
type Tree =
  | null
  | boolean
  | number
  | bigint
  | string
  | Tree[]
  | [string, Tree][]
  | { members: [string, Tree][] };

const isMembers = (tree: Tree): tree is { members: [string, Tree][] } =>
  typeof tree === 'object' && tree !== null && !Array.isArray(tree);

function textOf(tree: Tree, blank: string): string {
  if (typeof tree === 'bigint') return String(tree);
  if (Array.isArray(tree))
    return `[${blank}${tree.map((part) => textOf(part as Tree, blank)).join(`${blank},${blank}`)}${blank}]`;
  if (isMembers(tree))
    return `{${blank}${tree.members.map(([key, part]) => `${JSON.stringify(key)}${blank}:${blank}${textOf(part, blank)}`).join(`,${blank}`)}${blank}}`;
  return JSON.stringify(tree);
}

function wantedOf(tree: Tree): unknown {
  if (typeof tree === 'bigint')
    return BigInt(Number(tree)) === tree && Number.isSafeInteger(Number(tree)) ? Number(tree) : String(tree);
  if (Array.isArray(tree)) return tree.map((part) => wantedOf(part as Tree));
  if (isMembers(tree)) return Object.fromEntries(tree.members.map(([key, part]) => [key, wantedOf(part)]));
  return tree;
}

const edge = 2n ** 53n;
const wholes = fc.oneof(
  fc.bigInt({ min: -edge - 3n, max: -edge + 3n }),
  fc.bigInt({ min: edge - 3n, max: edge + 3n }),
  fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n }),
  fc.bigInt({ min: -100n, max: 100n }),
);
const keys = fc.oneof(fc.string(), wholes.map(String));
const { tree: trees } = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 5, depthSize: 'medium' },
    wholes,
    keys,
    // Numbers as JSON.stringify writes them below 1e15: above, it writes doubles as whole numbers.
    fc
      .double({ noNaN: true, noDefaultInfinity: true, max: 1e15, min: -1e15 })
      .filter((x) => !Object.is(x, -0)),
    fc.constantFrom(null, true, false),
    fc.array(tie('tree'), { maxLength: 5 }),
    fc.array(fc.tuple(keys, tie('tree')), { maxLength: 5 }).map((members) => ({ members })),
  ),
}));

test('whole numbers beyond 2^53 - 1 become their digits, everything else is as JSON.parse reads it', () => {
  fc.assert(
    fc.property(trees, fc.constantFrom('', ' ', '\r\n\t'), (tree, blank) => {
      const text = textOf(tree, blank);
      assert.deepEqual(read(text), wantedOf(tree));
      assert.deepEqual(parseUserJson(text, { values: 1e6 }).value, wantedOf(tree));
      assert.deepEqual(parseJsonWithin(text, { values: 1e6 }), JSON.parse(text));
    }),
    { numRuns: 3000, seed: 11 },
  );
});

test('digits around the edge, and what only looks like a whole number', () => {
  const cases: readonly (readonly [string, unknown])[] = [
    ['9007199254740991', Number.MAX_SAFE_INTEGER],
    ['-9007199254740991', Number.MIN_SAFE_INTEGER],
    ['9007199254740992', '9007199254740992'],
    ['-9007199254740992', '-9007199254740992'],
    ['9007199254740993', '9007199254740993'],
    ['10000000000000000', '10000000000000000'],
    [' 12345678901234567890 ', '12345678901234567890'],
    ['\ufeff[12345678901234567890]', ['12345678901234567890']],
    ['1e20', 1e20],
    ['1E+20', 1e20],
    ['12345678901234567890.0', '12345678901234567890'],
    ['-9007199254740993.000', '-9007199254740993'],
    ['[9007199254740991.0,9007199254740993.0,1]', [Number.MAX_SAFE_INTEGER, '9007199254740993', 1]],
    ['9007199254740993.00001', Number('9007199254740993.00001')],
    ['9007199254740993.0e0', Number('9007199254740993')],
    ['900719925474099.30', Number('900719925474099.3')],
    ['123456789012345678e2', Number('123456789012345678e2')],
    ['0.12345678901234567890', Number('0.12345678901234567890')],
    ['-0', -0],
    ['1e400', Number.POSITIVE_INFINITY],
    ['"12345678901234567890"', '12345678901234567890'],
    ['{"12345678901234567890":12345678901234567890}', { '12345678901234567890': '12345678901234567890' }],
    [
      '["é12345678901234567890",12345678901234567890,"\\\\",-98765432109876543210]',
      ['é12345678901234567890', '12345678901234567890', '\\', '-98765432109876543210'],
    ],
  ];
  for (const [text, value] of cases) assert.deepEqual(read(text), value, text);
});

test('what JSON.parse refuses stays refused, in its own words', () => {
  const big = '12345678901234567890';
  for (const text of [
    `{${big}:1}`,
    `{"a":1,${big}:2}`,
    `{ ${big} "a":1}`,
    `0${big}`,
    `-0${big}`,
    `+${big}`,
    `-`,
    `[${big} ${big}]`,
    `[${big}"a"]`,
    `["a"${big}]`,
    `${big}n`,
    `${big}.`,
    `${big}..0`,
    `${big}.0.0`,
    `0${big}.0`,
    `{${big}.0:1}`,
    `${big}e`,
    `[${big},]`,
    `{"a":${big}`,
    `${big}\u000b`,
    `"${big}`,
    `[${big}}`,
    `{"a" ${big}}`,
    `{"a":${big} "b":1}`,
    `[${big}]]`,
    `[1]{${big}`,
  ]) {
    const wanted = (() => {
      try {
        return String(JSON.parse(text));
      } catch (error) {
        return (error as Error).message;
      }
    })();
    assert.throws(
      () => parseUserJson(text, { values: 100 }),
      (error) => error instanceof SyntaxError && error.message === wanted,
      text,
    );
  }
});

test('random edits of a text with large numbers: accepted only where JSON.parse accepts', () => {
  const pieces = [
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"',
    '-',
    '0',
    '12345678901234567890',
    ' ',
    'e',
    '.',
    '.0',
    'true',
  ];
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 12 }), (parts) => {
      const text = parts.join('');
      const accepted = (work: () => unknown): boolean => {
        try {
          work();
          return true;
        } catch {
          return false;
        }
      };
      assert.equal(
        accepted(() => read(text)),
        accepted(() => JSON.parse(text)),
        text,
      );
    }),
    { numRuns: 20_000, seed: 13 },
  );
});

test('a million large numbers take one more copy of the text, not more', () => {
  const text = `[${'12345678901234567890,'.repeat(1e6)}1]`;
  const list = read(text) as unknown[];
  assert.equal(list.length, 1_000_001);
  assert.equal(list[999_999], '12345678901234567890');
});

test('a vector takes what JSON.stringify made of a large double', () => {
  assert.deepEqual(numbers(2).parse(read(JSON.stringify([2 ** 60, 0.5]))), Float32Array.of(2 ** 60, 0.5));
});
