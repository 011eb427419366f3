import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { SnapshelfError } from '../../src/errors.ts';
import { type JsonLimits, readJson } from '../../src/json/index.ts';

const wide: JsonLimits = { bytes: 1e6, depth: 100, nodes: 1e5, elements: 1e5 };
const read = (text: string, limits: Partial<JsonLimits> = {}): unknown =>
  readJson(Buffer.from(text), { ...wide, ...limits });

/** Counts what a value is made of, as the limits do. */
function measure(value: unknown): { nodes: number; depth: number; elements: number } {
  const sizes = { nodes: 1, depth: 0, elements: 0 };
  if (typeof value !== 'object' || value === null) return sizes;
  const inner = Object.values(value);
  sizes.elements = inner.length;
  for (const part of inner.map(measure)) {
    sizes.nodes += part.nodes;
    sizes.depth = Math.max(sizes.depth, part.depth);
    sizes.elements = Math.max(sizes.elements, part.elements);
  }
  sizes.depth += 1;
  return sizes;
}

const hasForbiddenKey = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  (Object.hasOwn(value, '__proto__') || Object.values(value).some(hasForbiddenKey));

const refused = (work: () => unknown, code: string, details: object): void =>
  assert.throws(work, (error: SnapshelfError) => {
    assert.equal(error.code, code);
    assert.deepEqual(error.details, details);
    return true;
  });

const texts = fc.jsonValue({ maxDepth: 6, depthSize: 'medium' }).chain((value) =>
  fc.constantFrom(
    JSON.stringify(value),
    JSON.stringify(value, undefined, 2),
    ` \t\r\n${JSON.stringify(value)}\n`,
    // Every character of every text as an escape.
    JSON.stringify(value).replace(
      /[^\x20-\x7e]/g,
      (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`,
    ),
  ),
);

test('the reader agrees with JSON.parse', () => {
  fc.assert(
    fc.property(texts, (text) => {
      const value = JSON.parse(text);
      if (hasForbiddenKey(value)) refused(() => read(text), 'request-invalid', {});
      else assert.deepEqual(read(text), value);
    }),
    { numRuns: 2000, seed: 3 },
  );
});

test('it takes what is at a limit and refuses what is one beyond it', () => {
  fc.assert(
    fc.property(texts, (text) => {
      const value = JSON.parse(text);
      fc.pre(!hasForbiddenKey(value));
      const { nodes, depth, elements } = measure(value);
      const bytes = Buffer.byteLength(text);
      assert.deepEqual(read(text, { nodes, depth, elements, bytes }), value);
      refused(() => read(text, { bytes: bytes - 1 }), 'body-too-large', { maxBytes: bytes - 1 });
      refused(() => read(text, { nodes: nodes - 1 }), 'request-invalid', { maxValues: nodes - 1 });
      if (depth > 0)
        refused(() => read(text, { depth: depth - 1 }), 'request-invalid', { maxDepth: depth - 1 });
      if (elements > 0)
        refused(() => read(text, { elements: elements - 1 }), 'request-invalid', {
          maxElements: elements - 1,
        });
    }),
    { numRuns: 1000, seed: 5 },
  );
});

test('whatever the bytes, it throws nothing but a SnapshelfError, and accepts only what JSON.parse does', () => {
  const pieces = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"',
    '\\',
    '\\u00',
    '1e9',
    'true',
    ' ',
    'é',
    '__proto__',
  );
  const broken = fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    fc.array(pieces, { maxLength: 20 }).map((parts) => Buffer.from(parts.join(''))),
    fc.tuple(texts, fc.nat(), fc.nat(255)).map(([text, place, byte]) => {
      const bytes = Buffer.from(text);
      bytes[place % bytes.length] = byte;
      return bytes;
    }),
  );
  fc.assert(
    fc.property(broken, (bytes) => {
      let value: unknown;
      try {
        value = readJson(bytes, { bytes: 1000, depth: 4, nodes: 12, elements: 6 });
      } catch (error) {
        assert.ok(error instanceof SnapshelfError, String(error));
        return;
      }
      assert.deepEqual(value, JSON.parse(Buffer.from(bytes).toString()));
    }),
    { numRuns: 5000, seed: 7 },
  );
});

test('a byte order mark is let pass, other bytes than UTF-8 are not', () => {
  assert.deepEqual(read('\ufeff{"a":1}'), { a: 1 });
  const latin = Buffer.from('{"a":"\xe9"}', 'latin1');
  refused(() => readJson(latin, wide), 'request-invalid', {});
  const surrogate = Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]);
  refused(() => readJson(surrogate, wide), 'request-invalid', {});
});

for (const key of ['__proto__', '\\u005f_proto__', '__pr\\u006fto__', '\\u005F\\u005f\\u0070roto__'])
  test(`no key ${key}, at any level`, () => {
    for (const text of [`{"${key}":1}`, `[{"a":{ "${key}" : null}}]`, `{"a":1,"${key}":{}}`])
      refused(() => read(text), 'request-invalid', {});
    assert.deepEqual(read(`["${key}",{"a":"${key}"}]`), JSON.parse(`["${key}",{"a":"${key}"}]`));
  });

test('a bomb is refused without being built', () => {
  const bombs: readonly (readonly [string, Partial<JsonLimits>, string])[] = [
    [`{"a":[${'[],'.repeat(200_000)}[]]}`, { nodes: 1000 }, 'maxValues'],
    [`[${'1e400,'.repeat(150_000)}1]`, { elements: 1000 }, 'maxElements'],
    ['['.repeat(900_000), {}, 'maxDepth'],
    [`{${'"a":{},'.repeat(100_000)}"b":1}`, { elements: 1000 }, 'maxElements'],
  ];
  for (const [text, limits, name] of bombs)
    assert.throws(
      () => read(text, limits),
      (error: SnapshelfError) => Object.hasOwn(error.details, name),
    );
});
