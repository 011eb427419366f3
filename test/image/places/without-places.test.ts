import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { SnapshelfError } from '../../../src/errors.ts';
import { sha256 } from '../../../src/files/index.ts';
import { decodeImage, readHeader, withoutPlaces } from '../../../src/image/index.ts';
import { avifWithoutPlaces } from '../../../src/image/places/avif-places.ts';
import { withoutGps } from '../../../src/image/places/exif-gps.ts';
import { withoutXmpPlaces } from '../../../src/image/places/xmp-places.ts';
import { stripes } from '../../support/pictures.ts';
import { repositoryRoot } from '../../support/repository.ts';

const folder = join(repositoryRoot, 'test', 'fixtures', 'places');
/** The SHA-256 of each picture without places, as exiftool found it right. */
const expected: Readonly<Record<string, string>> = JSON.parse(
  readFileSync(join(folder, 'expected.json'), 'utf8'),
);
const read = (name: string): Uint8Array => new Uint8Array(readFileSync(join(folder, name)));

for (const [name, hash] of Object.entries(expected))
  test(`${name}: places go, and nothing else does`, async () => {
    const sent = read(name);
    const stored = withoutPlaces(sent);
    assert.equal(sha256(stored), hash);
    // Done again, there is nothing left to do.
    assert.equal(withoutPlaces(stored), stored);
    const [before, after] = [await decodeImage(sent), await decodeImage(stored)];
    assert.deepEqual([after.width, after.height], [before.width, before.height]);
    assert.deepEqual(after.data, before.data);
    const { profile, mediaType } = await readHeader(sent);
    const header = await readHeader(stored);
    assert.deepEqual([header.profile, header.mediaType], [profile, mediaType]);
    // An AVIF is turned by a property of its own.
    if (!/gif|avif|compressed|thumbnail/.test(name)) assert.deepEqual([header.width, header.height], [8, 12]);
  });

test('the places of the thumbnail in a picture go too', () => {
  const stored = Buffer.from(withoutPlaces(read('thumbnail.jpg')));
  const tables = [...stored.toString('latin1').matchAll(/Exif\0\0(..)/gs)];
  assert.equal(tables.length, 2);
  for (const { index } of tables) {
    const exif = stored.subarray((index ?? 0) + 6, (index ?? 0) + 2000);
    assert.equal(withoutGps(exif), undefined);
  }
});

test('a picture without places is the one that was sent', async () => {
  const png = await stripes(10, 5);
  assert.equal(withoutPlaces(png), png);
});

/** A TIFF with one table of these entries, and bytes behind it. */
function tiff(entries: readonly (readonly [number, number, number, number])[], size = 200): Buffer {
  const bytes = Buffer.alloc(size);
  bytes.write('II*\0', 'latin1');
  bytes.writeUInt32LE(8, 4);
  bytes.writeUInt16LE(entries.length, 8);
  for (const [i, [tag, type, count, value]] of entries.entries()) {
    bytes.writeUInt16LE(tag, 10 + 12 * i);
    bytes.writeUInt16LE(type, 12 + 12 * i);
    bytes.writeUInt32LE(count, 14 + 12 * i);
    bytes.writeUInt32LE(value, 18 + 12 * i);
  }
  return bytes;
}

const orientation = [0x0112, 3, 1, 6] as const;
const orientationIn = (exif: Uint8Array): number => {
  const bytes = Buffer.from(exif);
  const isLittle = bytes[0] === 0x49;
  const u16 = (at: number): number => (isLittle ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at));
  assert.equal(u16(10), 0x0112);
  return u16(18);
};

test('tables that lead in circles, to themselves or out of the data end, and keep the orientation', () => {
  const hostile: Readonly<Record<string, Buffer>> = {
    'a table that is its own': tiff([orientation, [0x8769, 4, 1, 8], [0x8825, 4, 1, 8]]),
    'places where the header is': tiff([orientation, [0x8825, 4, 1, 0]]),
    'places beyond the end': tiff([orientation, [0x8825, 4, 1, 0xffffffff]]),
    'tables without number': tiff([orientation, [0x014a, 4, 0xffffffff, 8], [0x8825, 4, 1, 100]]),
    'places over and over': tiff([orientation, ...Array(100).fill([0x8825, 4, 1, 100])], 2000),
  };
  for (const [name, exif] of Object.entries(hostile)) {
    const cleaned = withoutGps(exif);
    assert.ok(cleaned !== undefined, name);
    assert.equal(cleaned.length, exif.length);
    assert.equal(orientationIn(cleaned), 6, name);
    assert.equal(withoutGps(cleaned), undefined, name);
  }
});

test('a value of places that is said to be as long as the file does not cost the others', () => {
  const exif = tiff([orientation, [0x8825, 4, 1, 100]], 100_000);
  exif.writeUInt16LE(1, 100);
  exif.writeUInt16LE(2, 102);
  exif.writeUInt16LE(2, 104);
  exif.writeUInt32LE(0xfffffff0, 106);
  exif.writeUInt32LE(8, 110);
  const cleaned = withoutGps(exif);
  assert.equal(orientationIn(cleaned ?? exif), 6);
});

test('metadata of an AVIF that names the same bytes over and over is refused', () => {
  const bytes = Buffer.from(read('a.avif'));
  const at = bytes.indexOf('iloc');
  assert.ok(at > 0);
  const box = (type: string, ...content: Buffer[]): Buffer => {
    const body = Buffer.concat(content);
    const head = Buffer.alloc(8);
    head.writeUInt32BE(body.length + 8);
    head.write(type, 4, 'latin1');
    return Buffer.concat([head, body]);
  };
  const items = 300;
  const infos = Array.from({ length: items }, (_, i) =>
    box('infe', Buffer.from([2, 0, 0, 0, i >> 8, i & 255, 0, 0]), Buffer.from('Exif\0')),
  );
  const places = Array.from({ length: items }, (_, i) =>
    Buffer.from([i >> 8, i & 255, 0, 0, 0, 1, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]),
  );
  const count = Buffer.from([items >> 8, items & 255]);
  const meta = box(
    'meta',
    Buffer.alloc(4),
    box('iinf', Buffer.alloc(4), count, ...infos),
    box('iloc', Buffer.from([0, 0, 0, 0, 0x44, 0x00]), count, ...places),
  );
  const ftyp = bytes.subarray(0, bytes.readUInt32BE(0));
  const file = Buffer.concat([ftyp, meta, Buffer.alloc(100_000)]);
  assert.throws(() => avifWithoutPlaces(file), { code: 'image-corrupt' });
});

test('broken pictures end in an answer or an error with a code, and never grow', () => {
  let seed = 7;
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return seed % below;
  };
  for (const name of Object.keys(expected)) {
    const good = read(name);
    for (let round = 0; round < 300; round++) {
      const broken = Uint8Array.from(good).subarray(
        0,
        round % 3 === 0 ? 12 + random(good.length - 12) : undefined,
      );
      for (let i = 0; i < 1 + random(8); i++) broken[12 + random(broken.length - 12)] = random(256);
      try {
        // A text that was compressed is stored as it is.
        const limit = name === 'compressed.png' ? 5000 : broken.length;
        assert.ok(withoutPlaces(broken).length <= limit);
      } catch (error) {
        assert.ok(error instanceof SnapshelfError, `${name} ${round}: ${String(error)}`);
      }
    }
  }
});

test('places in XMP are found by their names, in attributes and elements, under any prefix', () => {
  const clean = (xml: string): string => {
    const cleaned = withoutXmpPlaces(Buffer.from(xml, 'latin1'));
    return cleaned === undefined ? xml : Buffer.from(cleaned).toString('latin1').replaceAll(/ +/g, ' ');
  };
  const kept = [
    '<rdf:li dc:title="GPS"/>',
    '<dc:title>gps 48.2</dc:title>',
    "<a xmlns:GPS='http://gps'/>",
    '<a b:flatitude_of="1"/>',
  ];
  for (const xml of kept) assert.equal(clean(xml), xml);
  assert.equal(clean('<a exif:GPSLatitude="48" b="1"/>'), '<a b="1"/>');
  assert.equal(clean("<a\nexif:GPSLatitude = '48'>x</a>"), '<a\n >x</a>');
  assert.equal(clean('<a><drone-dji:GpsLongtitude>1</drone-dji:GpsLongtitude><b/></a>'), '<a> <b/></a>');
  assert.equal(clean('<a><x:GPSLatitude/><geo:lat>4</geo:lat></a>'), '<a> </a>');
  assert.equal(clean('<a><exif:GPSLatitude>48'), '<a> ');
  const wide = Buffer.from('\ufeff<a exif:GPSLatitude="48"/>', 'utf16le');
  assert.ok(withoutXmpPlaces(wide)?.every((byte) => byte === 0x20));
  assert.equal(withoutXmpPlaces(Buffer.from('\ufeff<a/>', 'utf16le')), undefined);
});
