import { createHash, randomBytes } from 'node:crypto';

/** The class with one object for each collection: its settings, and the classes that hold it. */
export const registryClass = 'SnapshelfCollections';

/** Returns a new name for a class of a collection. It is never used twice, so that nothing of an earlier one is found in it. */
export const newClassName = (collection: string): string =>
  `Snapshelf_${collection.replaceAll('_', '__').replaceAll('-', '_m')}_v${randomBytes(6).toString('hex')}`;

/** Returns the collection for which `newClassName` made a name; undefined for a name of another kind. */
export const collectionOfClass = (className: string): string | undefined =>
  /^Snapshelf_(.+)_v[0-9a-f]{12}$/
    .exec(className)?.[1]
    ?.replace(/__|_m/g, (two) => (two === '__' ? '_' : '-'));

/** The namespace of the identifiers below: any UUID does, as long as it stays. */
const namespace = Buffer.from('5f1c3c3e0d5b4c1f9b8d6a7e2f40c911', 'hex');

/** The UUID below all others. */
export const firstUuid = '00000000-0000-0000-0000-000000000000';

/** Returns the UUID (version 5) of a text in parts: always the same, so that what is written once more is the same object. */
export function uuidOf(...parts: readonly (string | number)[]): string {
  const hash = createHash('sha1').update(namespace).update(JSON.stringify(parts)).digest();
  hash.writeUInt8((hash.readUInt8(6) & 0x0f) | 0x50, 6);
  hash.writeUInt8((hash.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = hash.toString('hex', 0, 16);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/** Bytes of a text that its place in an order, and its beginning, go by. */
export const orderedBytes = 512;

/** Returns a text of hexadecimal digits that is ordered as the texts are by code points, and begins alike. */
export const keyOf = (text: string): string => Buffer.from(text).toString('hex');

/** Returns the text of a whole key. */
export const textOfKey = (key: string): string => Buffer.from(key, 'hex').toString();

/** Returns the key of a text of any length: one that is too long comes behind its first bytes. */
export function boundedKeyOf(text: string): string {
  const bytes = Buffer.from(text);
  return bytes.length <= orderedBytes ? bytes.toString('hex') : `${bytes.toString('hex', 0, orderedBytes)}x`;
}

/** Returns a short text for a long one, another for another: 128 bits of SHA-256. */
export const tokenOf = (...parts: readonly string[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
