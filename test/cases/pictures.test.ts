// slow: starts the command line and decodes a picture of 24 megapixels
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import sharp from 'sharp';
import request from 'supertest';
import { decodeImage, defaultLimits, readHeader } from '../../src/image/index.ts';
import { openApi } from '../server/support.ts';
import { snapshelf } from '../support/cli.ts';
import { colourSpaces, greyProfile, rgbProfile } from '../support/colour-profiles.ts';
import { encoded, gradients, jpegWithProfile, pngWithProfile } from '../support/icc-pictures.ts';
import { fixture } from '../support/repository.ts';
import { writeTinyModel } from '../support/tiny-model.ts';

const folder = mkdtempSync(join(tmpdir(), 'snapshelf-pictures-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** Writes pictures into a folder and embeds them by the command line, leaving out those that cannot be read. */
async function embedded(name: string, pictures: Readonly<Record<string, Uint8Array>>) {
  const source = join(folder, name);
  mkdirSync(source);
  for (const [file, bytes] of Object.entries(pictures)) writeFileSync(join(source, file), bytes);
  const model = join(folder, 'tiny.onnx');
  await writeTinyModel(model);
  const out = join(folder, `${name}.npy`);
  const result = await snapshelf('embed', source, '--model', model, '--out', out, '--skip-bad');
  assert.equal(result.code, 0, result.stderr);
  const rows = readFileSync(join(folder, `${name}.paths.txt`), 'utf8')
    .trim()
    .split('\n');
  return { ...result, rows };
}

const drawn = gradients(3);
const jpeg = await encoded(drawn, 'jpeg');
const png = await encoded(drawn, 'png');
/** A file of the kind of an iPhone's, which begins so; the rest is never looked at. */
const heic = Buffer.from('\0\0\0\x18ftypheic\0\0\0\0mif1heic'.padEnd(224, '\0'), 'latin1');

test('cases images/no_eoi.jpg and cut_*.jpg: what lacks only its end is taken, what lacks scan data is refused', async () => {
  const { rows, stdout } = await embedded('ends', {
    'no-eoi.jpg': jpeg.subarray(0, -2),
    'half-eoi.jpg': jpeg.subarray(0, -1),
    'cut-half.jpg': jpeg.subarray(0, jpeg.length >> 1),
    'cut-60.jpg': jpeg.subarray(0, -60),
    'no-iend.png': png.subarray(0, -12),
    'cut.png': png.subarray(0, png.length >> 1),
  });
  assert.deepEqual(rows, ['half-eoi.jpg', 'no-eoi.jpg', 'no-iend.png']);
  for (const cut of ['cut-half.jpg', 'cut-60.jpg', 'cut.png'])
    assert.match(stdout, new RegExp(`${cut}: .*(damaged|cut off)`));
});

test('cases images/progressive24mp.jpg: a progressive JPEG is taken up to the limit of every picture', async () => {
  const blank = { create: { width: 6000, height: 4000, channels: 3, background: '#a65' } } as const;
  const large = await sharp(blank).jpeg({ progressive: true, quality: 60 }).toBuffer();
  const header = await readHeader(large);
  assert.deepEqual([header.progressive, header.width, header.height], [true, 6000, 4000]);
  const { rows } = await embedded('large', { 'progressive.jpg': large });
  assert.deepEqual(rows, ['progressive.jpg']);
  const beyond = { ...defaultLimits, maxPixels: 23_999_999 };
  await assert.rejects(decodeImage(large, { limits: beyond }), { code: 'image-too-many-pixels' });
});

test('cases images/*.heic, bmp.bmp, tiff.tif: a file that is no accepted picture is named', async () => {
  const html = '<!DOCTYPE html><html><body>Not found</body></html>';
  const { rows, stdout } = await embedded('named', {
    'good.jpg': jpeg,
    'heic.jpg': heic,
    'tiff.jpg': Buffer.from('II*\0\x08\0\0\0', 'latin1'),
    'bmp.jpg': Buffer.from('BM\x36\0\0\0\0\0\0\0\x36\0\0\0', 'latin1'),
    'jxl.jpg': Buffer.from('\xff\x0a\x12', 'latin1'),
    'video.jpg': Buffer.from('\0\0\0\x14ftypqt  \0\0\0\0qt  ', 'latin1'),
    'page.jpg': Buffer.from(html),
    'text.jpg': Buffer.from('nothing of the kind'),
  });
  assert.deepEqual(rows, ['good.jpg']);
  const said = {
    heic: /HEIC picture, as an iPhone takes them.*Export it as JPEG/,
    tiff: /TIFF picture/,
    bmp: /BMP picture/,
    jxl: /JPEG XL picture/,
    video: /video/,
    page: /web page.*Fetch the picture itself/,
    text: /not a JPEG, PNG, WebP, AVIF or GIF/,
  };
  for (const [name, words] of Object.entries(said)) {
    const line = stdout.split('\n').find((text) => text.includes(`${name}.jpg`)) ?? '';
    assert.match(line, words);
  }
});

test('an animated AVIF is its still picture, and one without is named', async () => {
  const animated = readFileSync(fixture('cases', 'animated.avif'));
  const { data, width, height } = await decodeImage(animated);
  assert.deepEqual([width, height], [48, 32]);
  assert.ok((data[0] ?? 0) > 150 && (data[2] ?? 255) < 80, 'the first frame is red, the second blue');
  const still = animated.indexOf('meta');
  const frames = Buffer.from(animated);
  frames.write('free', still, 'latin1');
  await assert.rejects(decodeImage(frames), { code: 'image-unsupported', message: /animated AVIF/ });
});

test('cases images/icc_*: a thumbnail over HTTP is sRGB', async (t) => {
  const api = await openApi();
  t.after(() => api.close());
  await request(api.app).put('/v1/collections/shop').send({}).expect(201);
  const grey = gradients(1);
  const darker = gradients(1);
  for (let at = 0; at < grey.data.length; at++)
    darker.data[at] = Math.round(255 * ((grey.data[at] ?? 0) / 255) ** 2.2);
  const swapped = rgbProfile(colourSpaces.swapped);
  const pictures = {
    swapped: pngWithProfile(png, swapped),
    jpeg: jpegWithProfile(jpeg, swapped),
    srgb: jpegWithProfile(jpeg, rgbProfile(colourSpaces.srgb)),
    grey: jpegWithProfile(await encoded(darker, 'jpeg'), greyProfile(1)),
  };
  const mean = async (id: keyof typeof pictures): Promise<number[]> => {
    await request(api.app)
      .put(`/v1/collections/shop/items/${id}`)
      .attach('image', pictures[id], 'picture')
      .expect(201);
    const { body } = await request(api.app).get(`/v1/collections/shop/items/${id}/thumbnail`).expect(200);
    const { channels } = await sharp(body as Buffer).stats();
    return channels.map((channel) => channel.mean);
  };
  const [red = 0, green = 0, blue = 0] = (await sharp(png).stats()).channels.map((channel) => channel.mean);
  const near = (actual: readonly number[], expected: readonly number[]): void => {
    for (const [i, value] of expected.entries())
      assert.ok(Math.abs((actual[i] ?? 0) - value) < 4, `${actual} beside ${expected}`);
  };
  near(await mean('srgb'), [red, green, blue]);
  near(await mean('swapped'), [green, red, blue]);
  near(await mean('jpeg'), [green, red, blue]);
  const light = (await sharp(await encoded(grey, 'png')).stats()).channels[0]?.mean ?? 0;
  near(await mean('grey'), [light]);
});
