import { lookup } from 'node:dns/promises';
import { SnapshelfError } from '../../errors.ts';
import { openRecords } from '../../retrieval/index.ts';
import { readKeys } from '../keys/key-file.ts';
import type { ServerOptions } from './server-options.ts';

/** True for an address of this machine alone, and for no name. */
export const isLoopback = (address: string): boolean => /^(127\.|::1$|::ffff:127\.)/i.test(address);

/** True if a server that listens at `host` can be reached from this machine alone, whatever the name stands for. */
async function isOnlyHere(host: string): Promise<boolean> {
  const name = host.replace(/^\[(.*)\]$/, '$1');
  // An empty name listens everywhere.
  if (name === '') return false;
  const addresses = await lookup(name, { all: true });
  return addresses.length > 0 && addresses.every(({ address }) => isLoopback(address));
}

/** True if requests are asked for keys: one was made once. */
async function hasKeys({ data, engine, log }: ServerOptions): Promise<boolean> {
  const opened = await openRecords(data, { engine, log });
  try {
    return (await readKeys(opened.records)) !== undefined;
  } finally {
    await opened.close();
  }
}

/**
 * Checks that a server which others can reach asks for keys, or was told not to.
 * @throws SnapshelfError `keys-missing`, `keys-invalid`, `engine-unavailable`.
 * @throws Error of Node for a host name that is not known.
 */
export async function requireKeys(options: ServerOptions): Promise<void> {
  const { host = '127.0.0.1', adminKey, noAuth } = options;
  if (noAuth === true || adminKey !== undefined) return;
  if ((await isOnlyHere(host)) || (await hasKeys(options))) return;
  throw new SnapshelfError(
    'keys-missing',
    `Whoever reaches ${JSON.stringify(host)} could do everything with the data folder, which has no keys. Make a key, give one as adminKey, or set noAuth if something else decides who gets there.`,
    { details: { host } },
  );
}
