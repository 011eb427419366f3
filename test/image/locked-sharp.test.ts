import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import sharp from 'sharp';
import { readHeader } from '../../src/image/index.ts';
import { golden } from './golden.ts';

test('once pictures are decoded in a process, it opens the five formats from memory and nothing else', async () => {
  await readHeader(golden('rgb.png'));
  const plain = sharp({ create: { width: 4, height: 4, channels: 3, background: 'red' } });
  const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"></svg>');
  for (const bytes of [svg, await plain.clone().tiff().toBuffer()])
    await assert.rejects(sharp(bytes).metadata(), /unsupported image format/);
  const file = join(tmpdir(), `snapshelf-loaders-${process.pid}.png`);
  await writeFile(file, golden('rgb.png'));
  await assert.rejects(sharp(file).metadata());
  for (const name of ['grey.jpg', 'rgb.png', 'lossy.webp', 'plain.avif', 'animated.gif'])
    assert.ok((await sharp(golden(name)).metadata()).width);
});
