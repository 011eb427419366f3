import ipaddr from 'ipaddr.js';

/** Addresses of public ranges at which clouds answer their own machines. */
const ofClouds: ReadonlySet<string> = new Set(['168.63.129.16']);

/**
 * True for an address of the public internet: no private, loopback, link-local, shared, mapped, translated, reserved or metadata
 * address, of IPv4 or IPv6.
 */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address) || address.includes('%')) return false;
  return ipaddr.parse(address).range() === 'unicast' && !ofClouds.has(address);
}
