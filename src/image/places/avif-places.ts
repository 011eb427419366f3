import { type Box, IsoMedia } from '../iso-media.ts';
import { Edited, type Range } from './edited.ts';
import { withoutGps } from './exif-gps.ts';
import { exifName } from './webp-places.ts';
import { withoutXmpPlaces } from './xmp-places.ts';

/** Most extents that are looked at. */
const most = 4096;
/** The extended type of the box that holds XMP. */
const xmpBox = 'be7acfcb97a942e89c71999491e3afac';

/** Lists the ids of the items that hold EXIF and XMP. */
function metadataItems(
  media: IsoMedia,
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
function* locations(
  media: IsoMedia,
  iloc: Box,
  dataStart: number,
): Generator<readonly [id: number, Range[]]> {
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
  const media = new IsoMedia(avif);
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
