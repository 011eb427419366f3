import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  decodeReference,
  encodeReference,
  isPictureKey,
  newReference,
  pictureFolder,
  referenceBytes,
} from '../../../src/engine/index.ts';

const collection = 'a-shop_1';
const folder = pictureFolder({ name: collection, createdAt: '2026-11-27T01:02:03.004Z' });

test('a reference comes back as it was written, and has a key of its own', () => {
  const picture = Buffer.from('a picture');
  const reference = newReference(collection, folder, picture);
  assert.equal(folder, 'a-shop_1-20261127010203004');
  assert.deepEqual([reference.collection, reference.byteLength], [collection, picture.length]);
  assert.equal(encodeReference(reference).length, referenceBytes);
  assert.deepEqual(decodeReference(encodeReference(reference)), reference);
  assert.ok(isPictureKey(reference.key) && reference.key.startsWith(`${folder}/`));
  assert.notEqual(newReference(collection, folder, picture).key, reference.key);
  const long = newReference(
    'x'.repeat(64),
    pictureFolder({ name: 'x'.repeat(64), createdAt: '2026-11-27T01:02:03.004Z' }),
    picture,
  );
  assert.deepEqual(
    decodeReference(encodeReference({ ...long, byteLength: 999_999_999_999 }))?.byteLength,
    999_999_999_999,
  );
});

test('nothing else is taken for a reference', () => {
  const bytes = encodeReference(newReference(collection, folder, Buffer.from('a picture')));
  for (const other of [bytes.subarray(1), new Uint8Array(referenceBytes), new Uint8Array()])
    assert.equal(decodeReference(other), undefined);
  const text = Buffer.from(bytes).toString();
  for (const [from, to] of [
    ['picture-reference-1', 'picture-reference-2'],
    [collection, '../../shop'],
    ['\n9\n', '\n-\n'],
  ] as const)
    assert.equal(
      decodeReference(Buffer.from(text.replace(from, to).padEnd(referenceBytes).slice(0, referenceBytes))),
      undefined,
    );
});
