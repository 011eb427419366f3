import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeBase64 } from '../../../src/server/parsing/base64.ts';

const inLines = (text: string, width: number, end: string, indent = ''): string =>
  (text.match(new RegExp(`.{1,${width}}`, 'g')) ?? []).map((line) => indent + line).join(end);

test('whatever the bytes, every way in which tools write them gives them back', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 300 }),
      fc.nat(3),
      fc.constantFrom('\r\n', '\n', '\r', ' \n', '\n\t'),
      (bytes, pads, end) => {
        const text = Buffer.from(bytes).toString('base64');
        const url = Buffer.from(bytes).toString('base64url');
        const kinds = [
          text,
          url,
          text.replace(/=+$/, ''),
          inLines(text, 76, end),
          `${inLines(text, 64, end)}${end}`,
          inLines(url, 4 + pads, end, ' '.repeat(pads)),
          `data:image/jpeg;base64,${text}`,
          `data:image/jpeg;charset=utf-8;base64,${text}`,
          `DATA:image/png;name="a b.png";BASE64,${inLines(text, 76, end)}`,
          `data:image/jpeg;name="a,b;base64, \\", c.jpg";base64,${text}`,
          `data:image/jpeg;name=5".jpg;base64,${text}`,
          `data:;base64,${url}`,
          `data:image/jpeg;base64,${encodeURIComponent(text)}`,
          `data:image/jpeg;base64,${encodeURIComponent(inLines(text, 76, end))}`,
          `\n${text}\n`,
        ];
        for (const kind of kinds) assert.deepEqual(Buffer.from(decodeBase64(kind)), Buffer.from(bytes), kind);
      },
    ),
    { numRuns: 300, seed: 4 },
  );
});

const refused: readonly (readonly [string, RegExp])[] = [
  ['@photo.jpg', /character 1 is "@"/],
  ['photo.jpg', /character 6 is "\."/],
  ['https://shop.example/a.jpg', /character 6 is ":"/],
  ['AAAA*AAA', /character 5 is "\*"/],
  ['AAA\r\nA😀AA', /character 7 is "😀"/],
  ['AAAAé', /character 5 is "é"/],
  ['AA==AAAA', /character 5 is "A"/],
  ['AAAA AAAA', /character 5 is " "/],
  ['AAAA%2BAA', /character 5 is "%"/],
  ['AAAAA', /5 characters are one too many/],
  ['AAAA\nA', /5 characters/],
  ['\u0000AAA', /character 1 is "\\u0000"/],
  ['data:image/jpeg,%FF%D8', /without ";base64"/],
  ['data:image/svg+xml;utf8,<svg/>', /without ";base64"/],
  ['data:image/jpeg;name="a;base64,b.jpg",AAAA', /without ";base64"/],
  ['data:image/jpeg;name="a,b.jpg;base64,AAAA', /without ";base64"/],
  ['data:image/jpeg;base64,AA%ZZ', /character 26 is "%"/],
  ['data:image/jpeg;base64,AA%2AAA', /character 26 is "%"/],
  ['data:image/jpeg;base64AAAA', /character 5 is ":"/],
];

for (const [text, why] of refused)
  test(`${JSON.stringify(text)} is refused, with the character and its place`, () => {
    assert.throws(() => decodeBase64(text), why);
  });

test('megabytes of anything take one pass', () => {
  const million = 1_000_000;
  for (const text of [' ', '\n', ' \n', '\t ', '=', 'A\n', '%', 'data:', 'data:"', 'data:"\\', 'A ', '=\n'])
    try {
      decodeBase64(text.repeat(million));
    } catch (error) {
      assert.ok(error instanceof RangeError);
    }
  assert.equal(decodeBase64(`data:image/jpeg;base64,${'AAAA\r\n'.repeat(million)}`).length, 3 * million);
});
