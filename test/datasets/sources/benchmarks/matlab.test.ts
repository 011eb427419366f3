import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { decodeMatlab, MatlabError } from '../../../../src/datasets/sources/benchmarks/matlab.ts';
import { cells, matFile, numbers, struct, text } from '../../../support/matlab.ts';
import { fixture } from '../../../support/repository.ts';

const whole = matFile(
  {
    s: struct(
      ['path', 'class'],
      [
        [text('a.jpg'), numbers(3)],
        [text('ä'), numbers()],
      ],
    ),
    c: cells([text('x')]),
    n: numbers(1, -2.5),
  },
  false,
);

test('what SciPy wrote, plain and compressed, is read alike', () => {
  for (const name of ['plain', 'compressed']) {
    const variables = decodeMatlab(readFileSync(fixture('datasets', `${name}.mat`)));
    const annotations = variables.get('annotations');
    assert.ok(annotations?.kind === 'structs');
    assert.deepEqual(
      annotations.items.map((item) => [item.get('relative_im_path'), item.get('class')]),
      [1, 2, 3].map((i) => [
        { kind: 'text', text: `car_ims/00000${i}.jpg` },
        { kind: 'numbers', data: Float64Array.of(90 + i) },
      ]),
    );
    assert.deepEqual(variables.get('class_names'), {
      kind: 'cells',
      items: ['AM General Hummer', 'Acura RL', 'Jeep'].map((name) => ({ kind: 'text', text: name })),
    });
  }
});

test('damaged bytes give a MatlabError or a value, never anything else', () => {
  const files = [whole, readFileSync(fixture('datasets', 'compressed.mat'))];
  fc.assert(
    fc.property(
      fc.constantFrom(...files),
      fc.nat(),
      fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 4 }),
      (file, cut, changes) => {
        const bytes = Buffer.from(file.subarray(0, cut % (file.length + 1)));
        for (const [at, value] of changes)
          if (bytes.length > 128) bytes[128 + (at % (bytes.length - 128))] = value;
        try {
          decodeMatlab(bytes);
        } catch (error) {
          assert.ok(error instanceof MatlabError, String(error));
        }
      },
    ),
    { numRuns: 2000 },
  );
});

test('a compressed element that unpacks to more than any annotation is refused', () => {
  const packed = deflateSync(Buffer.alloc(300 * 2 ** 20));
  const tag = Buffer.alloc(8);
  tag.writeUInt32LE(15, 0);
  tag.writeUInt32LE(packed.length, 4);
  const bomb = Buffer.concat([whole.subarray(0, 128), tag, packed]);
  assert.throws(() => decodeMatlab(bomb), /damaged or too large/);
});
