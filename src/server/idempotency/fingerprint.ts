import { createHash, type Hash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import type { Request } from 'express';
import { filesOf } from '../uploads/pictures.ts';
import { receivedBody } from '../uploads/uploads.ts';

/** Bytes that are hashed before other work runs: about a millisecond. */
const hashedAtOnce = 2 ** 20;

/** Adds bytes with their length, so that the parts of a request cannot be divided otherwise. */
async function add(hash: Hash, bytes: Uint8Array): Promise<void> {
  hash.update(`${bytes.length}:`);
  for (let start = 0; start < bytes.length; start += hashedAtOnce) {
    if (start > 0) await setImmediate();
    hash.update(bytes.subarray(start, start + hashedAtOnce));
  }
}

/**
 * Returns the SHA-256 of a request in hex: of its method, its address and its body. The boundary of a form, which is another
 * one every time, does not count.
 */
export async function fingerprintOf(request: Request): Promise<string> {
  const { json, form = {} } = receivedBody(request);
  const hash = createHash('sha256');
  await add(hash, Buffer.from(JSON.stringify([request.method, request.originalUrl, form])));
  if (json !== undefined) await add(hash, json);
  for (const { originalname, buffer } of filesOf(request)) {
    await add(hash, Buffer.from(originalname));
    await add(hash, buffer);
  }
  return hash.digest('hex');
}
