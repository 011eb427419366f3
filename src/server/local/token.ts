import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** The path below which the commands of this machine reach the gallery of a running server. */
export const localPath = '/local/gallery';

/** The operation by which a command says that its import is over. */
export const importOver = 'import-over';

/** Makes the secret of a running server, which only its own user can read, in `server.json`: 256 bits in hexadecimal. */
export const newToken = (): string => randomBytes(32).toString('hex');

/** Returns what proves to the holder of `token`, who chose `nonce`, that the answer is from a server that has it too. */
export const proofOf = (token: string, nonce: string): string =>
  createHmac('sha256', token).update(nonce).digest('hex');

/** True if both texts are the same; takes as long wherever texts of one length differ. */
export function isSameText(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}

/** True if a request comes from this machine, and through no proxy that says so. */
export function isFromThisMachine({ socket, headers }: IncomingMessage): boolean {
  const { remoteAddress = '', localAddress } = socket;
  const isLoopback = /^(::1$|127\.|::ffff:127\.)/.test(remoteAddress);
  const isForwarded = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via'].some((name) => name in headers);
  // Who reaches one of the machine's own addresses from the same address is this machine.
  return (isLoopback || remoteAddress === localAddress) && !isForwarded;
}
