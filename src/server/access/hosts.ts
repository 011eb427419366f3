import type { IncomingMessage } from 'node:http';
import { isIPv4, isIPv6 } from 'node:net';
import { domainToASCII } from 'node:url';

const plain = (name: string): string => name.toLowerCase().replace(/\.$/, '');

/** Returns a host name as requests have it. Throws a TypeError for one with a scheme, a port, a path or a wildcard. */
export function checkHostName(text: string): string {
  // domainToASCII decodes percent signs and cuts off paths, so these must not be there before it.
  const name = /^[^%/\\?#]+$/.test(text) ? plain(domainToASCII(text)) : '';
  if (/^[\w-][\w.-]*$/.test(name)) return name;
  throw new TypeError(
    `expected a host name such as shop.example, without scheme, port, path or wildcard (an IP address needs none), not ${JSON.stringify(text)}`,
  );
}

const pathOf = ({ url = '' }: IncomingMessage): string => url.replace(/^https?:\/\/[^/?#]*/i, '');

const strangers = new WeakSet<IncomingMessage>();

/**
 * The hosts that a server answers to: `localhost` and names below it, which are this machine for every browser (RFC 6761). A page can make its own name resolve to this machine ("DNS rebinding") and is then
 * of the same origin as the API for a browser, but its requests keep that name; an IP address cannot be had that way.
 */
export class Hosts {
  readonly #names: Set<string>;

  /** `listening`: the address that the server listens on. Throws a TypeError for what is no host name in `more`. */
  constructor(listening: string, more: readonly string[] = []) {
    this.#names = new Set(['localhost', plain(listening), ...more.map(checkHostName)]);
    this.#names.delete('');
  }

  /** Whether a request is answered: it is for one of these hosts, or asks for the health of the server. */
  admits(request: IncomingMessage): boolean {
    if (this.#answers(request)) return true;
    strangers.add(request);
    return pathOf(request).startsWith('/health/');
  }

  /** Whether every host that a request names, in its header or in an address in place of its path, is one of these. */
  #answers({ headersDistinct, url = '' }: IncomingMessage): boolean {
    const hosts = headersDistinct['host'] ?? [];
    const isPath = url.startsWith('/') || url === '*';
    const inAddress = isPath ? [] : [/^https?:\/\/([^/?#]*)/i.exec(url)?.[1] ?? ''];
    return hosts.length === 1 && [...hosts, ...inAddress].every((host) => this.#has(host));
  }

  #has(host: string): boolean {
    const [, v6, other = ''] = /^(?:\[([\da-f:.]+)\]|([\w.-]+))(?::\d{0,5})?$/i.exec(host) ?? [];
    if (v6 !== undefined) return isIPv6(v6);
    const name = plain(other);
    return isIPv4(name) || this.#names.has(name) || /^([\w-]+\.)+localhost$/.test(name);
  }
}

/** Whether the server of a request does not answer to its host: it is told no more than whether the server is ready. */
export const isStranger = (request: IncomingMessage): boolean => strangers.has(request);
