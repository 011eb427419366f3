import { isIPv6 } from 'node:net';
import type { Request } from 'express';
import type { Callers } from './callers.ts';

/** The sender whose limits a request counts towards: the holder of a key, else an address. */
export interface Client {
  readonly id: string;
  /** `machine` is a command of this machine. */
  readonly kind: 'key' | 'address' | 'local' | 'machine';
}

/** Returns the first 64 bits of an IPv6 address, which one client has whole, or the IPv4 address. */
export function networkOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
  if (!isIPv6(plain)) return plain;
  const [head = '', tail] = plain.split('::');
  const groups = (text = ''): string[] => text.split(':').filter((group) => group !== '');
  const before = groups(head);
  const behind = groups(tail);
  const missing = tail === undefined ? 0 : 8 - before.length - behind.length - (plain.includes('.') ? 1 : 0);
  const all = [...before, ...Array<string>(Math.max(missing, 0)).fill('0'), ...behind];
  return `${all
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`;
}

const isLocal = (network: string): boolean => network.startsWith('127.');

/** Returns whose limits a request counts towards. */
export function clientOf(request: Request, callers: Callers): Client {
  const caller = callers.of(request);
  if (caller !== undefined)
    return { id: `key ${caller.id}`, kind: caller.id === 'machine' ? 'machine' : 'key' };
  const address = request.ip ?? '';
  const network = address === '::1' ? '127.0.0.1' : networkOf(address);
  return { id: `at ${network}`, kind: isLocal(network) ? 'local' : 'address' };
}
