// slow: takes several seconds
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { constants, crc32, deflateRawSync, deflateSync } from 'node:zlib';
import { SnapshelfError } from '../../src/errors.ts';
import { decodeImage, defaultLimits, preprocessImage, readHeader } from '../../src/image/index.ts';
import { golden } from './golden.ts';

const seeds = [
  'orientation-6.jpg',
  'subsampled.jpg',
  'progressive.jpg',
  'grey.jpg',
  'cmyk.jpg',
  'rgba.png',
  'palette-transparent.png',
  'sixteen-bit.png',
  'one-bit.png',
  'orientation-6.png',
  'lossy.webp',
  'alpha.webp',
  'animated.webp',
  'alpha.avif',
  'orientation-6.avif',
  'transparent.gif',
  'animated.gif',
].map(golden);

/** A small repeatable generator (Numerical Recipes' LCG): a whole number below `limit`. */
function randomIntegers(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

type Below = (limit: number) => number;

const mutations: readonly ((bytes: Uint8Array, below: Below) => Uint8Array)[] = [
  function flipBits(bytes, below) {
    const changed = Uint8Array.from(bytes);
    for (let left = 1 + below(8); left > 0; left--) {
      const at = below(bytes.length);
      changed[at] = (changed[at] ?? 0) ^ (1 << below(8));
    }
    return changed;
  },
  function fillHeader(bytes, below) {
    const changed = Uint8Array.from(bytes);
    const at = below(Math.min(bytes.length, 200));
    return changed.fill(below(2) * 255, at, at + 1 + below(8));
  },
  function truncate(bytes, below) {
    return bytes.slice(0, below(bytes.length));
  },
  function splice(bytes, below) {
    const other = seeds[below(seeds.length)] ?? bytes;
    return Buffer.concat([bytes.subarray(0, below(bytes.length)), other.subarray(below(other.length))]);
  },
  function repeat(bytes, below) {
    const [start, end] = [below(bytes.length), below(bytes.length)].sort((a, b) => a - b);
    return Buffer.concat([bytes.subarray(0, end), bytes.subarray(start)]);
  },
];

/** `ok`, or the code of the error; fails on anything that is not a typed error of pictures. */
async function outcome(bytes: Uint8Array): Promise<string> {
  const rule = {
    resize: { mode: 'short-side', size: 40, filter: 'bilinear' },
    crop: { width: 32, height: 32 },
  } as const;
  const result = await preprocessImage(bytes, rule).catch((error: unknown) => error);
  if (result instanceof Uint8Array) {
    assert.equal(result.length, 32 * 32 * 3);
    return 'ok';
  }
  assert.ok(result instanceof SnapshelfError && result.code.startsWith('image-'), String(result));
  return result.code;
}

test('850 damaged pictures are decoded or refused with a code, and nothing falls over', async () => {
  const below = randomIntegers(20240607);
  const counts: Record<string, number> = {};
  for (const seed of seeds)
    for (const mutate of mutations)
      for (let round = 0; round < 10; round++) {
        const result = await outcome(mutate(seed, below));
        counts[result] = (counts[result] ?? 0) + 1;
      }
  assert.ok((counts['image-corrupt'] ?? 0) > 200, JSON.stringify(counts));
  assert.equal(await outcome(golden('rgb.png')), 'ok');
});

test('a picture that ends early is image-corrupt, wherever it ends', async () => {
  for (const name of [
    'subsampled.jpg',
    'progressive.jpg',
    'rgb.png',
    'lossy.webp',
    'plain.avif',
    'transparent.gif',
  ]) {
    const bytes = golden(name);
    for (const share of [0.3, 0.5, 0.7])
      assert.equal(await outcome(bytes.slice(0, bytes.length * share)), 'image-corrupt', `${name} ${share}`);
  }
});

function pngWithSize(width: number, height: number): Uint8Array {
  const bytes = Buffer.from(golden('rgb.png'));
  bytes.writeUInt32BE(width, 16);
  bytes.writeUInt32BE(height, 20);
  bytes.writeUInt32BE(crc32(bytes.subarray(12, 29)), 29);
  return bytes;
}

/** The seed with numbers written over it, `offset` bytes after the first occurrence of `marker`. */
function patched(name: string, marker: string, offset: number, patch: readonly number[]): Uint8Array {
  const bytes = Buffer.from(golden(name));
  const at = bytes.indexOf(Buffer.from(marker, 'latin1'));
  assert.ok(at >= 0, `${name} has no ${marker}`);
  bytes.set(patch, at + offset);
  return bytes;
}

test('headers that claim too many pixels are refused before anything is decoded', async () => {
  const huge: Readonly<Record<string, Uint8Array>> = {
    png: pngWithSize(100_000, 100_000),
    'wide png': pngWithSize(60_000_000, 1),
    jpeg: patched('subsampled.jpg', '\xff\xc0', 5, [0xea, 0x60, 0xea, 0x60]),
    'progressive jpeg': patched('progressive.jpg', '\xff\xc2', 5, [0x1f, 0x40, 0x1f, 0x40]),
    webp: patched('lossy.webp', '\x9d\x01\x2a', 3, [0xff, 0x3f, 0xff, 0x3f]),
    gif: patched('transparent.gif', '\x2c\0\0\0\0\x18', 5, [0x60, 0xea, 0x60, 0xea]),
    avif: patched('plain.avif', 'ispe', 8, [0, 1, 0x86, 0xa0, 0, 1, 0x86, 0xa0]),
  };
  for (const [name, bytes] of Object.entries(huge)) {
    const before = process.memoryUsage().rss;
    assert.equal(await outcome(bytes), 'image-too-many-pixels', name);
    await assert.rejects(readHeader(bytes), { code: 'image-too-many-pixels' });
    assert.ok(process.memoryUsage().rss - before < 100e6, `${name} took memory`);
  }
});

test('what is not one of the five formats is image-unsupported, whatever it is called', async () => {
  const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"></svg>';
  const others = [
    'just text in photo.jpg',
    svg,
    `<?xml version="1.0"?>${svg}`,
    '%PDF-1.7\n',
    'BM6\0\0\0',
    'II*\0',
  ];
  const heic = '\0\0\0\x18ftypheic\0\0\0\0mif1heic';
  for (const text of [...others, heic, '\0', '\xff\xd8', 'GIF87', 'RIFF\0\0\0\0WAVE'])
    assert.equal(await outcome(Buffer.from(text, 'latin1')), 'image-unsupported', text);
});

test('a signature with something else behind it is image-corrupt', async () => {
  const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"></svg>';
  const signatures = [
    '\xff\xd8\xff\xe0',
    '\x89PNG\r\n\x1a\n',
    'RIFF\xff\0\0\0WEBP',
    'GIF89a',
    '\0\0\0\x18ftypavif\0\0\0\0avif',
  ];
  for (const signature of signatures)
    assert.equal(await outcome(Buffer.from(`${signature}${svg}`, 'latin1')), 'image-corrupt', signature);
});

test('empty and over-long input is refused at once', async () => {
  assert.equal(await outcome(new Uint8Array()), 'image-empty');
  const limits = { ...defaultLimits, maxBytes: 50 };
  await assert.rejects(decodeImage(golden('rgb.png'), { limits }), { code: 'image-too-large' });
});

function pngChunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type), data]);
  const chunk = Buffer.alloc(body.length + 8);
  chunk.writeUInt32BE(data.length, 0);
  chunk.set(body, 4);
  chunk.writeUInt32BE(crc32(body), body.length + 4);
  return chunk;
}

test('compressed text in a PNG is not unpacked', async () => {
  const text = deflateSync(Buffer.alloc(40_000_000, 'A'));
  const bomb = pngChunk('zTXt', Buffer.concat([Buffer.from('a\0\0'), text]));
  const plain = golden('rgb.png');
  const bytes = Buffer.concat([plain.subarray(0, 33), ...Array<Buffer>(20).fill(bomb), plain.subarray(33)]);
  assert.deepEqual((await readHeader(bytes)).bytes, plain, 'libvips does not see it');
  assert.deepEqual((await decodeImage(bytes)).data, (await decodeImage(plain)).data);
});

/** A true picture of `side` x `side` black pixels, 1 bit each, in a thousandth of their bytes. */
function pngBomb(side: number): Uint8Array {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  header[8] = 1;
  const length = side * (side / 8 + 1);
  const block = 1_000_000;
  const zeros = deflateRawSync(Buffer.alloc(block), { finishFlush: constants.Z_FULL_FLUSH });
  const rest = deflateRawSync(Buffer.alloc(length % block));
  const adler = Buffer.from([(length % 65521) >> 8, (length % 65521) & 255, 0, 1]);
  const blocks = Array<Buffer>(Math.floor(length / block)).fill(zeros);
  const rows = Buffer.concat([Buffer.from([0x78, 0x01]), ...blocks, rest, adler]);
  const chunks = [pngChunk('IHDR', header), pngChunk('IDAT', rows), pngChunk('IEND', Buffer.alloc(0))];
  return Buffer.concat([golden('rgb.png').subarray(0, 8), ...chunks]);
}

test('a picture that takes longer than allowed is image-timeout', async () => {
  const rule = {
    resize: { mode: 'short-side', size: 40, filter: 'bilinear' },
    crop: { width: 32, height: 32 },
  } as const;
  const limits = { ...defaultLimits, maxPixels: 50_000 ** 2, timeoutSeconds: 1 };
  await assert.rejects(preprocessImage(pngBomb(50_000), rule, { limits }), { code: 'image-timeout' });
  assert.equal((await preprocessImage(pngBomb(2000), rule)).length, 32 * 32 * 3);
});
