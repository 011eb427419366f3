import { crc32, deflateSync } from 'node:zlib';
import sharp, { type Sharp } from 'sharp';

/** Pixels that a test draws: channels of 0 to 255, row by row. */
export interface Drawn {
  readonly data: Buffer;
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3 | 4;
}

/** Draws smooth colours that reach into every corner of the cube but leave out its edges, where filters clip. */
export function gradients(channels: 1 | 3 | 4, width = 48, height = 32): Drawn {
  const data = Buffer.alloc(width * height * channels);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let channel = 0; channel < channels; channel++)
        data[(y * width + x) * channels + channel] =
          channel === 3 ? 255 : Math.round(20 + 215 * ([x / width, y / height, 1 - x / width][channel] ?? 0));
  return { data, width, height, channels };
}

const raw = ({ data, ...info }: Drawn): Sharp => sharp(data, { raw: info });

/** Encodes drawn pixels as they are. */
export const encoded = (drawn: Drawn, format: 'jpeg' | 'png' | 'webp' | 'avif'): Promise<Buffer> => {
  const picture = drawn.channels === 1 ? raw(drawn).toColourspace('b-w') : raw(drawn);
  if (format === 'jpeg') return picture.jpeg({ quality: 100, chromaSubsampling: '4:4:4' }).toBuffer();
  if (format === 'webp') return picture.webp({ lossless: true }).toBuffer();
  if (format === 'avif')
    return picture.avif({ quality: 95, chromaSubsampling: '4:4:4', effort: 1 }).toBuffer();
  return picture.png().toBuffer();
};

/** Makes a chunk of a PNG. */
export function pngChunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const chunk = Buffer.alloc(body.length + 8);
  chunk.writeUInt32BE(data.length, 0);
  chunk.set(body, 4);
  chunk.writeUInt32BE(crc32(body), body.length + 4);
  return chunk;
}

/** Puts a profile into a PNG, behind its header. */
export const pngWithProfile = (png: Buffer, profile: Buffer): Buffer =>
  Buffer.concat([
    png.subarray(0, 33),
    pngChunk('iCCP', Buffer.concat([Buffer.from('drawn\0\0', 'latin1'), deflateSync(profile)])),
    png.subarray(33),
  ]);

/** Puts a profile into a JPEG, behind its first marker. */
export function jpegWithProfile(jpeg: Buffer, profile: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from('ICC_PROFILE\0\x01\x01', 'latin1'), profile]);
  const head = Buffer.from([0xff, 0xe2, 0, 0]);
  head.writeUInt16BE(body.length + 2, 2);
  return Buffer.concat([jpeg.subarray(0, 2), head, body, jpeg.subarray(2)]);
}

/** Puts a profile into a lossless WebP, which becomes an extended one (RFC 9649, 2.7). */
export function webpWithProfile(webp: Buffer, { width, height }: Drawn, profile: Buffer): Buffer {
  const chunk = (type: string, data: Buffer): Buffer => {
    const size = Buffer.alloc(4);
    size.writeUInt32LE(data.length);
    return Buffer.concat([Buffer.from(type, 'latin1'), size, data, Buffer.alloc(data.length % 2)]);
  };
  const extended = Buffer.alloc(10);
  extended[0] = 0x20;
  extended.writeUIntLE(width - 1, 4, 3);
  extended.writeUIntLE(height - 1, 7, 3);
  const body = Buffer.concat([
    Buffer.from('WEBP'),
    chunk('VP8X', extended),
    chunk('ICCP', profile),
    webp.subarray(12),
  ]);
  return chunk('RIFF', body);
}
