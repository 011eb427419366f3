import { isIP } from 'node:net';
import { SnapshelfError } from '../errors.ts';

const refused = (message: string): SnapshelfError => new SnapshelfError('url-refused', message);

/**
 * Checks an entry of the list of hosts: a name such as `pictures.example`, or `*.pictures.example` for all names below it. Returns it
 * as addresses have it.
 * @throws TypeError for anything else, such as an IP address, a port or a path.
 * @example
 * ```ts
 * import { checkAllowedHost } from 'snapshelf/server';
 *
 * const allowUrls = ['pictures.example', '*.cdn.example'].map(checkAllowedHost);
 * console.log(`pictures are fetched from ${allowUrls.join(', ')}`);
 * ```
 */
export function checkAllowedHost(entry: string): string {
  const [, wildcard = '', name = ''] = /^(\*\.)?([^*]+)$/.exec(entry) ?? [];
  const parsed = URL.canParse(`https://${name}`) ? new URL(`https://${name}`) : undefined;
  const isName = parsed !== undefined && parsed.href === `https://${parsed.hostname}/`;
  const host = parsed?.hostname ?? '';
  // The last part of a name is no number: such a name is an IPv4 address.
  if (!isName || !host.includes('.') || isIP(host) !== 0 || host.startsWith('[') || host.endsWith('.'))
    throw new TypeError(
      `allowUrls must list names of hosts such as pictures.example or *.pictures.example, not ${JSON.stringify(entry)}.`,
    );
  return `${wildcard}${host}`;
}

/** The hosts whose pictures may be fetched. */
export class AllowedHosts {
  readonly #exact: ReadonlySet<string>;
  readonly #below: readonly string[];

  /** @throws TypeError for an entry that is none. */
  constructor(entries: readonly string[]) {
    const checked = entries.map(checkAllowedHost);
    this.#exact = new Set(checked.filter((entry) => !entry.startsWith('*')));
    this.#below = checked.filter((entry) => entry.startsWith('*')).map((entry) => entry.slice(1));
  }

  /**
   * Checks the address of a picture, or that of a redirect: an allowed host, HTTP or HTTPS at its own port, no user or password.
   * @param from the address that redirects to it
   * @throws SnapshelfError `url-refused`.
   */
  check(text: string, from?: URL): URL {
    if (!URL.canParse(text, from?.href)) throw refused('This is not the address of a picture.');
    const url = new URL(text, from);
    const where = from === undefined ? 'The address' : 'The address that it redirects to';
    if (url.protocol !== 'https:' && url.protocol !== 'http:')
      throw refused(`${where} begins with ${url.protocol}, but only https: and http: are fetched.`);
    if (from?.protocol === 'https:' && url.protocol === 'http:')
      throw refused('The address redirects from https: to http:, which is not followed.');
    if (url.username !== '' || url.password !== '')
      throw refused(`${where} has a user or a password. Leave them out.`);
    if (url.port !== '') throw refused(`${where} names the port ${url.port}. Leave it out.`);
    if (!this.#allows(url.hostname))
      throw refused(
        `${where} is of the host ${JSON.stringify(url.hostname)}, which is not among those that the server fetches from.`,
      );
    return url;
  }

  #allows(host: string): boolean {
    return isIP(host) === 0 && (this.#exact.has(host) || this.#below.some((end) => host.endsWith(end)));
  }
}
