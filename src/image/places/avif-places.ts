import { Edited, type Range } from './edited.ts';
import { withoutGps } from './exif-gps.ts';
import { exifName } from './webp-places.ts';
import { withoutXmpPlaces } from './xmp-places.ts';

/** Most items and extents that are looked at. */
const most = 4096;
/** The extended type of the box that holds XMP. */
const xmpBox = 'be7acfcb97a942e89c71999491e3afac';

interface Box {
  readonly type: string;
  /** The first byte of its content. */
  readonly start: number;
  readonly end: number;
}

/** A reader of the boxes of an ISO media file (ISO/IEC 14496-12) that never reads beyond its bytes. */
class Media {
  readonly bytes: Buffer;

  constructor(bytes: Uint8Array) {
    this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Reads a number of 0, 1, 2, 4 or 8 bytes; 0 beyond the end. */
  number(at: number, length: number): number {
    if (length === 0 || at + length > this.bytes.length) return 0;
    if (length > 6) return at + 8 > this.bytes.length ? 0 : Number(this.bytes.readBigUInt64BE(at));
    return this.bytes.readUIntBE(at, length);
  }

  *boxes(from: number, to: number): Generator<Box> {
    let at = from;
    for (let seen = 0; at + 8 <= to && seen < most; seen++) {
      const short = this.number(at, 4);
      const length = short === 1 ? this.number(at + 8, 8) : short === 0 ? to - at : short;
      const start = at + (short === 1 ? 16 : 8);
      if (length < start - at) return;
      const end = Math.min(at + length, to);
      yield { type: this.bytes.toString('latin1', at + 4, at + 8), start, end };
      at += length;
    }
  }

  box(type: string, from: number, to: number): Box | undefined {
    return [...this.boxes(from, to)].find((box) => box.type === type);
  }

  /** The text that begins at a place and ends with a zero. */
  text(at: number, end: number): string {
    const zero = this.bytes.indexOf(0, at);
    return this.bytes.toString('latin1', at, Math.min(zero === -1 ? end : zero, end, at + 100));
  }
}

/** Lists the ids of the items that hold EXIF and XMP. */
function metadataItems(
  media: Media,
  { start, end }: Box,
): { readonly exif: Set<number>; readonly xmp: Set<number> } {
  const items = { exif: new Set<number>(), xmp: new Set<number>() };
  const first = start + 4 + (media.number(start, 1) === 0 ? 2 : 4);
  for (const { type, start: at, end: to } of media.boxes(first, end)) {
    if (type !== 'infe') continue;
    const version = media.number(at, 1);
    const wide = version === 3 ? 4 : 2;
    const id = media.number(at + 4, wide);
    const kind = media.bytes.toString('latin1', at + 6 + wide, at + 10 + wide);
    if (kind === 'Exif') items.exif.add(id);
    const name = media.text(at + 10 + wide, to);
    const content = media.text(at + 11 + wide + name.length, to);
    if (kind === 'mime' && /rdf|xmp|xml/i.test(content)) items.xmp.add(id);
  }
  return items;
}

/** Lists where the items of a file stand, by their ids: `iloc` (ISO/IEC 14496-12, 8.11.3). */
function* locations(media: Media, iloc: Box, dataStart: number): Generator<readonly [id: number, Range[]]> {
  const version = media.number(iloc.start, 1);
  const sizes = media.number(iloc.start + 4, 2);
  const [offset, length, base, index] = [12, 8, 4, 0].map((shift) => (sizes >> shift) & 15) as number[];
  const wide = version === 2 ? 4 : 2;
  const items = media.number(iloc.start + 6, wide);
  let at = iloc.start + 6 + wide;
  let left = most;
  const take = (bytes = 0): number => {
    at += bytes;
    return media.number(at - bytes, bytes);
  };
  for (let item = 0; item < items && at < iloc.end && left > 0; item++) {
    const id = take(wide);
    const method = version === 0 ? 0 : take(2) & 15;
    take(2);
    const start = take(base) + (method === 1 ? dataStart : 0);
    const extents = take(2);
    const ranges: Range[] = [];
    for (let extent = 0; extent < extents && at < iloc.end && left-- > 0; extent++) {
      if (version > 0) take(index);
      const from = start + take(offset);
      const to = Math.min(from + take(length), media.bytes.length);
      if (from < to) ranges.push([from, to]);
    }
    yield [id, ranges];
  }
}

/** Returns the data of an EXIF item without places: before the TIFF stands how far away it is. */
function cleanExifItem(item: Uint8Array): Uint8Array | undefined {
  const skipped = new DataView(item.buffer, item.byteOffset, item.byteLength);
  if (item.length < 8) return undefined;
  const said = 4 + skipped.getUint32(0);
  const name = String.fromCharCode(...item.subarray(4, 10)) === exifName ? 10 : 4;
  for (const at of new Set([said, name])) {
    const cleaned = withoutGps(item.subarray(Math.min(at, item.length)));
    if (cleaned !== undefined) return Buffer.concat([item.subarray(0, at), cleaned]);
  }
  return undefined;
}

/** Returns an AVIF without places in its EXIF and XMP, or the bytes themselves if there are none. */
export function avifWithoutPlaces(avif: Uint8Array): Uint8Array {
  const edited = new Edited(avif);
  const media = new Media(avif);
  for (const { type, start, end } of media.boxes(0, avif.length)) {
    if (type === 'uuid' && media.bytes.toString('hex', start, start + 16) === xmpBox)
      edited.replace([[start + 16, end]], withoutXmpPlaces);
    if (type !== 'meta') continue;
    const infos = media.box('iinf', start + 4, end);
    const places = media.box('iloc', start + 4, end);
    if (infos === undefined || places === undefined) continue;
    const { exif, xmp } = metadataItems(media, infos);
    const dataStart = media.box('idat', start + 4, end)?.start ?? 0;
    for (const [id, ranges] of locations(media, places, dataStart)) {
      if (exif.has(id)) edited.replace(ranges, cleanExifItem);
      if (xmp.has(id)) edited.replace(ranges, withoutXmpPlaces);
    }
  }
  return edited.bytes;
}
