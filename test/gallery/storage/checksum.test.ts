import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checksumOf, isRight, neverRight } from '../../../src/gallery/storage/checksum.ts';

test('what is no bytes is never right, whatever checksum stands beside it', () => {
  for (const damaged of [null, 21, 'text', 2n ** 60n])
    for (const checksum of [0, 1, neverRight])
      assert.equal(
        isRight(checksum, () => checksumOf(damaged as never, 7)),
        false,
      );
  const bytes = Uint8Array.of(1, 2, 3);
  assert.ok(isRight(checksumOf(bytes, 7), () => checksumOf(bytes, 7)));
  assert.ok(!isRight(checksumOf(bytes, 7), () => checksumOf(bytes, 8)));
});
