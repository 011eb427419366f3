import { lookup } from 'node:dns/promises';
import { SnapshelfError } from '../../errors.ts';
import { readKeyFile } from '../keys/key-file.ts';
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

/**
 * Checks that a server which others can reach asks for keys, or was told not to.
 * @throws SnapshelfError `keys-missing`, `keys-invalid`.
 * @throws Error of Node for a host name that is not known.
 */
export async function requireKeys({
  data,
  host = '127.0.0.1',
  adminKey,
  noAuth,
}: ServerOptions): Promise<void> {
  if (noAuth === true || adminKey !== undefined) return;
  if ((await readKeyFile(data)) !== undefined || (await isOnlyHere(host))) return;
  throw new SnapshelfError(
    'keys-missing',
    `Whoever reaches ${JSON.stringify(host)} could do everything with the data folder, which has no keys. Make a key, give one as adminKey, or set noAuth if something else decides who gets there.`,
    { details: { host } },
  );
}
