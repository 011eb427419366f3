import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import sharp from 'sharp';
import { decodeImage } from '../../src/image/index.ts';
import { withEndMarker } from '../../src/image/jpeg-end.ts';
import { encoded, gradients } from '../support/icc-pictures.ts';
import { fixture } from '../support/repository.ts';
import { golden } from './golden.ts';

const baseline = await encoded(gradients(3, 160, 120), 'jpeg');
const progressive = await sharp(await encoded(gradients(3, 160, 120), 'png'))
  .jpeg({ progressive: true, quality: 95 })
  .toBuffer();
const kinds = { baseline, progressive, grey: golden('grey.jpg'), cmyk: golden('cmyk.jpg') };

for (const [kind, jpeg] of Object.entries(kinds))
  test(`a ${kind} JPEG without its end marker, or with half of it, or with zeros in its place, has all its pixels`, async () => {
    const { data } = await decodeImage(jpeg);
    const rest = jpeg.subarray(0, -2);
    for (const bytes of [rest, jpeg.subarray(0, -1), Buffer.concat([rest, Buffer.alloc(4096)])])
      assert.deepEqual((await decodeImage(bytes)).data, data);
  });

test('a JPEG that is cut anywhere is refused, or nothing that shows was cut', async () => {
  for (const jpeg of [baseline, progressive]) {
    const { data } = await decodeImage(jpeg);
    let refused = 0;
    const cuts = [...Array(40).keys(), 100, 300, 700, jpeg.length >> 1].map((cut) => cut + 3);
    for (const cut of cuts) {
      const pixels = await decodeImage(jpeg.subarray(0, -cut)).catch((error: { code: string }) => error);
      if ('code' in pixels) refused += 1;
      if ('code' in pixels) assert.equal(pixels.code, 'image-corrupt');
      else assert.deepEqual(pixels.data, data, `cut by ${cut}`);
    }
    assert.ok(refused >= cuts.length - 2, `${refused} of ${cuts.length} refused`);
  }
});

test('a JPEG that is cut where a restart begins is refused, also if a crop would not reach the missing part', async () => {
  const jpeg = readFileSync(fixture('cases', 'restarts.jpg'));
  const { data } = await decodeImage(jpeg);
  assert.deepEqual((await decodeImage(jpeg.subarray(0, -2))).data, data);
  const crop = { unit: 'pixels', left: 0, top: 0, width: 8, height: 8 } as const;
  let restarts = 0;
  for (let at = jpeg.indexOf(0xff); at >= 0; at = jpeg.indexOf(0xff, at + 1)) {
    const code = jpeg[at + 1] ?? 0;
    if (code < 0xd0 || code > 0xd7) continue;
    restarts += 1;
    await assert.rejects(decodeImage(jpeg.subarray(0, at), { crop }), { code: 'image-corrupt' });
  }
  assert.ok(restarts > 1);
});

test('a cut JPEG whose rest is filled with zeros is refused', async () => {
  const filled = Buffer.from(baseline).fill(0, baseline.length - 300);
  await assert.rejects(decodeImage(filled), { code: 'image-corrupt' });
});

/** The places of the scans of a JPEG. */
function scansOf(jpeg: Buffer): number[] {
  const places: number[] = [];
  for (
    let at = jpeg.indexOf('\xff\xda', 0, 'latin1');
    at >= 0;
    at = jpeg.indexOf('\xff\xda', at + 2, 'latin1')
  )
    places.push(at);
  return places;
}

test('a progressive JPEG that ends between two scans is refused: it would be a coarse picture', async () => {
  const places = scansOf(progressive);
  assert.ok(places.length > 4, 'several scans');
  for (const at of places.slice(1))
    await assert.rejects(decodeImage(progressive.subarray(0, at)), { code: 'image-corrupt' });
});

test('a JPEG with its end marker is not copied, whatever follows it', () => {
  for (const bytes of [baseline, Buffer.concat([baseline, Buffer.from('what a phone appends')])]) {
    const whole = withEndMarker(bytes);
    assert.equal(whole.bytes, bytes);
    assert.deepEqual(whole.checks, []);
  }
});
