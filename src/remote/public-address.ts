import ipaddr from 'ipaddr.js';

/** Addresses of public and private ranges at which clouds answer their own machines. */
const ofClouds: ReadonlySet<string> = new Set(['168.63.129.16', 'fd00:ec2::254']);

/**
 * True for an address of the public internet: no private, loopback, link-local, shared, mapped, translated, reserved or metadata
 * address, of IPv4 or IPv6.
 */
export const isPublicAddress = (address: string): boolean => isOf(['unicast'], address);

/** True for an address of the public internet, of a private network or of this machine: no link-local, reserved or metadata address. */
export const isReceiverAddress = (address: string): boolean =>
  isOf(['unicast', 'private', 'uniqueLocal', 'loopback'], address);

function isOf(ranges: readonly string[], address: string): boolean {
  if (!ipaddr.isValid(address) || address.includes('%')) return false;
  const parsed = ipaddr.parse(address);
  return ranges.includes(parsed.range()) && !ofClouds.has(parsed.toString());
}
