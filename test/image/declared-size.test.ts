// slow: starts a process
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { readHeader } from '../../src/image/index.ts';
import { golden } from './golden.ts';

/** A property of an AVIF: how much of a picture is shown, in fractions. */
function clap(width: number, height: number): Buffer {
  const box = Buffer.alloc(40);
  box.writeUInt32BE(box.length);
  box.write('clap', 4);
  for (const [i, value] of [width, 1, height, 1, 0, 1, 0, 1].entries()) box.writeInt32BE(value, 8 + 4 * i);
  return box;
}

/** The picture with a number in place of a side that its header declares: of the first `ispe` or of IHDR. */
function withSide(picture: Uint8Array, name: string, at: number, side: number): Buffer {
  const changed = Buffer.from(picture);
  changed.writeUInt32BE(side, changed.indexOf(name) + at);
  return changed;
}

/** The picture with a further property before its others, which stands in none of its items. */
function withProperty(avif: Uint8Array, property: Buffer): Buffer {
  const before = Buffer.from(avif);
  const at = before.indexOf('ipco') + 4;
  for (const name of ['meta', 'iprp', 'ipco']) {
    const size = before.indexOf(name) - 4;
    before.writeUInt32BE(before.readUInt32BE(size) + property.length, size);
  }
  return Buffer.concat([before.subarray(0, at), property, before.subarray(at)]);
}

const avif = golden('alpha.avif');
const png = golden('rgba.png');
const tooMany = { code: 'image-too-many-pixels', message: /a side may have 10000000/ };

test('absurd sides are refused before the decoder sees them', async () => {
  for (const side of [10_000_001, 100_000_001, 2 ** 31 - 1, 2 ** 32 - 1]) {
    for (const at of [8, 12]) await assert.rejects(readHeader(withSide(avif, 'ispe', at, side)), tooMany);
    for (const at of [4, 8]) await assert.rejects(readHeader(withSide(png, 'IHDR', at, side)), tooMany);
  }
  await assert.rejects(readHeader(withProperty(avif, clap(200_000_000, 8))), tooMany);
  await assert.rejects(readHeader(withProperty(avif, clap(8, 200_000_000))), tooMany);
});

test('a side that is only large is a matter of the number of pixels', async () => {
  for (const changed of [withSide(avif, 'ispe', 8, 10_000_000), withSide(png, 'IHDR', 4, 10_000_000)])
    await assert.rejects(readHeader(changed), { code: 'image-too-many-pixels', message: /more than the/ });
});

test('nothing is written to the error output', () => {
  const script = `
    import { readHeader } from '${new URL('../../src/image/index.js', import.meta.url)}';
    await readHeader(Buffer.from('${withSide(avif, 'ispe', 8, 200_000_000).toString('base64')}', 'base64')).catch(() => {});`;
  const run = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  assert.deepEqual([run.status, run.stderr], [0, '']);
});
