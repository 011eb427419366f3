import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import { decodeImage, withoutPlaces } from '../../../src/image/index.ts';
import { stripes } from '../../support/pictures.ts';

function box(type: string, ...contents: readonly (string | Buffer)[]): Buffer {
  const parts = contents.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part));
  const head = Buffer.alloc(8);
  head.writeUInt32BE(parts.reduce((sum, { length }) => sum + length, 8));
  head.write(type, 4, 'latin1');
  return Buffer.concat([head, ...parts]);
}

const place = '+37.5665+126.9780/';
/** Longitude, latitude and altitude, as 3GPP writes them. */
const numbers = Buffer.from('007efa8d002590fe00000000', 'hex');
const films = {
  android: box('udta', box('\xa9xyz', '\0\x12\x15\xc7', place)),
  '3gpp': box('udta', box('loci', '\0\0\0\0', '\x15\xc7', 'Seoul\0', '\0', numbers, 'earth\0', '\0')),
  apple: box(
    'meta',
    box('mdta', 'com.apple.quicktime.location.ISO6709'),
    box('data', '\0\0\0\x01\0\0\0\0', place),
  ),
};

for (const [name, places] of Object.entries(films))
  test(`the place of a film behind a picture goes (${name}), and neither length nor pixels change`, async () => {
    const picture = await stripes(10, 8);
    const film = Buffer.concat([box('ftyp', 'isom\0\0\0\0'), box('moov', places), box('mdat', '0123456789')]);
    const sent = new Uint8Array(Buffer.concat([picture, film]));
    const stored = Buffer.from(withoutPlaces(sent));
    assert.equal(stored.length, sent.length);
    for (const secret of ['37.5665', '126.978', 'Seoul', numbers])
      assert.ok(!stored.includes(secret, 0, 'latin1'), `${secret} is left`);
    assert.ok(stored.includes('0123456789'));
    assert.deepEqual((await decodeImage(stored)).data, (await decodeImage(picture)).data);
    const again = new Uint8Array(stored);
    assert.equal(withoutPlaces(again), again);
  });

test('a picture that only has digits keeps them', async () => {
  const sent = new Uint8Array(Buffer.concat([await stripes(10, 8), Buffer.from(place)]));
  assert.equal(withoutPlaces(sent), sent);
});

test('texts of a PNG that hold values of GPS go, others stay', async () => {
  const png = Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==',
    'base64',
  );
  const text = (type: string, keyword: string): Buffer => {
    const whole = box(type, `${keyword}\0`, '48/1, 51/1');
    const bytes = Buffer.concat([whole, Buffer.alloc(4)]);
    bytes.writeUInt32BE(whole.length - 8, 0);
    bytes.writeUInt32BE(crc32(whole.subarray(4)), whole.length);
    return bytes;
  };
  const with_ = (...chunks: readonly Buffer[]): Uint8Array =>
    new Uint8Array(Buffer.concat([png.subarray(0, 33), ...chunks, png.subarray(33)]));
  const kept = text('tEXt', 'Title');
  const gone = ['exif:GPSLatitude', 'GPSLongitude', 'Raw profile type exif'].map((name) =>
    text('tEXt', name),
  );
  const stored = withoutPlaces(
    with_(...gone.slice(0, 1), kept, ...gone.slice(1), text('iTXt', 'exif:GPSInfo')),
  );
  assert.deepEqual(Buffer.from(stored), Buffer.from(with_(kept)));
});
