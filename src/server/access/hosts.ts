import type { IncomingMessage } from 'node:http';
import { isIPv4, isIPv6 } from 'node:net';
import { domainToASCII } from 'node:url';

const plain = (name: string): string => name.toLowerCase().replace(/\.$/, '');

/**
 * Returns a host name in the form that requests use.
 * @throws TypeError if `text` has a scheme, a port, a path or a wildcard.
 * @example
 * ```ts
 * import { checkHostName } from 'snapshelf/server';
 *
 * console.log(checkHostName('Shop.Example')); // shop.example
 * ```
 */
export function checkHostName(text: string): string {
  // domainToASCII decodes percent signs and cuts off paths, so these must not be there before it.
  const name = /^[^%/\\?#]+$/.test(text) ? plain(domainToASCII(text)) : '';
  if (/^[\w-][\w.-]*$/.test(name)) return name;
  throw new TypeError(
    `Expected a host name such as shop.example, without scheme, port, path or wildcard (an IP address needs no entry), not ${JSON.stringify(text)}.`,
  );
}

const pathOf = ({ url = '' }: IncomingMessage): string => url.replace(/^https?:\/\/[^/?#]*/i, '');

const foreignHosts = new WeakSet<IncomingMessage>();

/**
 * The hosts that a server answers to. `localhost` and names below it are this machine for every browser (RFC 6761). A page
 * can make its own name resolve to this machine ("DNS rebinding") and then has the same origin as the API for a browser,
 * but its requests keep that name. An IP address cannot be obtained that way.
 */
export class Hosts {
  readonly #names: Set<string>;

  /**
   * @param listening the address that the server listens on
   * @param more further host names
   * @throws TypeError if an entry of `more` is not a host name.
   */
  constructor(listening: string, more: readonly string[] = []) {
    this.#names = new Set(['localhost', plain(listening), ...more.map(checkHostName)]);
    this.#names.delete('');
  }

  /** True if a request is answered: it is for one of these hosts, or asks for the health of the server. */
  admits(request: IncomingMessage): boolean {
    if (this.#answers(request)) return true;
    foreignHosts.add(request);
    return pathOf(request).startsWith('/health/');
  }

  /** True if every host that a request names, in its header or in a URL in place of its path, is one of these. */
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

/** True if a request names a host that the server does not answer to: it only learns if the server is ready. */
export const isForeignHost = (request: IncomingMessage): boolean => foreignHosts.has(request);
