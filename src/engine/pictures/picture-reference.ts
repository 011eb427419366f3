import { createHash, randomBytes } from 'node:crypto';

/** A picture that is kept outside of the engine, in a picture store. */
export interface PictureReference {
  /** The key of its object, below the prefix of the store: `COLLECTION-CREATED/AB/SHA256-TOKEN`. */
  readonly key: string;
  /** The collection that it was written for. */
  readonly collection: string;
  /** SHA-256 (hex) of its bytes. */
  readonly sha256: string;
  readonly byteLength: number;
}

/** Bytes of a reference: those of a picture that has another length need not be looked at. */
export const referenceBytes = 256;

/** The key of the document that names the store of a collection's pictures. */
export const pictureStoreDocument = 'picture-store';

const head = 'snapshelf-picture-reference-1';
const keyForm = /^([a-z0-9][a-z0-9_-]{0,63})-\d{8,20}\/[0-9a-f]{2}\/([0-9a-f]{64})-[0-9a-f]{16}$/;

/** True for a text that may be the key of a picture in a store. */
export const isPictureKey = (key: string): boolean => keyForm.test(key);

/** The folder of a collection's pictures: another one when a collection of that name is made anew. */
export const pictureFolder = ({
  name,
  createdAt,
}: {
  readonly name: string;
  readonly createdAt: string;
}): string => `${name}-${createdAt.replace(/\D/g, '')}`;

/**
 * Makes the reference of a picture that is to be stored. No other write has its key, so that what one write takes back or replaces is
 * never what another has written.
 */
export function newReference(collection: string, folder: string, picture: Uint8Array): PictureReference {
  const sha256 = createHash('sha256').update(picture).digest('hex');
  const key = `${folder}/${sha256.slice(0, 2)}/${sha256}-${randomBytes(8).toString('hex')}`;
  return { key, collection, sha256, byteLength: picture.length };
}

/** Writes a reference as an engine keeps it in the place of the picture. */
export const encodeReference = ({ key, byteLength }: PictureReference): Uint8Array<ArrayBuffer> =>
  new Uint8Array(Buffer.from(`${head}\n${key}\n${byteLength}\n`.padEnd(referenceBytes)));

/** Reads a reference. Returns undefined for bytes that are none: a picture that the engine itself keeps. */
export function decodeReference(bytes: Uint8Array): PictureReference | undefined {
  if (bytes.length !== referenceBytes) return undefined;
  const [first, key = '', length = ''] = Buffer.from(bytes).toString('latin1').split('\n');
  const [, collection, sha256] = keyForm.exec(key) ?? [];
  if (first !== head || collection === undefined || sha256 === undefined) return undefined;
  if (!/^\d{1,12}$/.test(length)) return undefined;
  return { key, collection, sha256, byteLength: Number(length) };
}
