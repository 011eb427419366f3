import { sha256 } from '../../files/index.ts';
import { decodeReference } from './picture-reference.ts';

/**
 * True if bytes are the picture of an item, or the reference to it where pictures are kept in a store: they have the SHA-256 (hex) that was
 * stored with it, or none was ('').
 */
export const isPictureOf = (bytes: Uint8Array, hash: string): boolean =>
  hash === '' || (decodeReference(bytes)?.sha256 ?? sha256(bytes)) === hash;
