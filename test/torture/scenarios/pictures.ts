import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import sharp from 'sharp';
import { readHeader } from '../../../src/image/index.ts';
import { colourSpaces, rgbProfile } from '../../support/colour-profiles.ts';
import { encoded, gradients, jpegWithProfile } from '../../support/icc-pictures.ts';
import { mutated } from '../../support/mutate.ts';
import type { Try } from '../row.ts';
import type { Scenario, Torture } from '../scenario.ts';
import { sample } from '../support/sample.ts';
import { checkDocumented, startServer, type TorturedServer } from '../support/server.ts';

/** Bytes that no damage touches, so that what the file is stays known. */
const signature = 24;

/** One picture of each format, small ones and one whose few bytes are many pixels. */
async function seeds(): Promise<Buffer[]> {
  const noise = Buffer.from(Array.from({ length: 64 * 48 * 3 }, (_, i) => (i * i * 31 + i * 7) % 251));
  const small = sharp(noise, { raw: { width: 64, height: 48, channels: 3 } });
  const jpeg = await encoded(gradients(3), 'jpeg');
  const blank = { create: { width: 6000, height: 4000, channels: 3, background: '#a65' } } as const;
  return [
    jpeg,
    jpegWithProfile(jpeg, rgbProfile(colourSpaces.swapped)),
    await small
      .clone()
      .jpeg({ progressive: true })
      .withExif({ IFD0: { Copyright: 'x' } })
      .toBuffer(),
    await small.clone().png().toBuffer(),
    await small.clone().png({ palette: true, progressive: true }).toBuffer(),
    await small.clone().webp().toBuffer(),
    await small.clone().webp({ lossless: true }).toBuffer(),
    await small.clone().avif().toBuffer(),
    await small.clone().gif().toBuffer(),
    await sharp(blank).png({ compressionLevel: 9 }).toBuffer(),
  ];
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Stores a hostile picture. What is taken is served as it was hashed, and found. */
async function attack({ url, check }: TorturedServer, bytes: Buffer, one: Try): Promise<void> {
  if (
    await readHeader(bytes).then(
      () => true,
      () => false,
    )
  )
    one.reached('header');
  const path = `${url}/v1/collections/shop/items/p${one.number % 50}`;
  const body = new FormData();
  body.append('image', new Blob([new Uint8Array(bytes)]), 'a');
  const answer = await fetch(path, { method: 'PUT', body });
  const text = await answer.text();
  const code = checkDocumented(answer.status, text);
  if (code !== 'image-unsupported') one.reached('sniffed');
  if (code === undefined) {
    one.reached('decoded', 'stored');
    const image = await fetch(`${path}/image`);
    const { imageHash } = JSON.parse(text) as { readonly imageHash: string };
    const served = Buffer.from(await image.arrayBuffer());
    // Another lane may have replaced it meanwhile.
    if (image.headers.get('etag')?.includes(imageHash)) assert.equal(sha256(served), imageHash);
  }
  if (one.number % 100 === 99) await check();
}

async function run(torture: Torture): Promise<void> {
  const server = await startServer(torture);
  const files = await seeds();
  const small = mutated(files.slice(0, -1), signature);
  const large = mutated(files.slice(-1), signature);
  const row = torture.row('hostile pictures over HTTP', { wanted: 2000, least: 60, atOnce: 6 });
  await row.run((one) => attack(server, sample(one.number % 50 === 7 ? large : small, one.seed), one));
  row.expectDepth('sniffed');
  await torture.row('unharmed afterwards', { wanted: 1 }).once(async () => {
    await server.check();
    assert.deepEqual([(await server.stop()).code, server.errors()], [0, '']);
  });
}

/** Pictures of every format with bytes flipped, cut and spliced are sent to be stored. */
export const scenario: Scenario = { rows: 1, share: 3, run };
