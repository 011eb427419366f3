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
export const checkAllowedHost = (entry: string): string => checkHost(entry, 'allowUrls');

/** Checks an entry of the list of hosts of the option `option`. @throws TypeError. */
export function checkHost(entry: string, option: string): string {
  const [, wildcard = '', name = ''] = /^(\*\.)?([^*]+)$/.exec(entry) ?? [];
  const parsed = URL.canParse(`https://${name}`) ? new URL(`https://${name}`) : undefined;
  const isName = parsed !== undefined && parsed.href === `https://${parsed.hostname}/`;
  const host = parsed?.hostname ?? '';
  // The last part of a name is no number: such a name is an IPv4 address.
  if (!isName || !host.includes('.') || isIP(host) !== 0 || host.startsWith('[') || host.endsWith('.'))
    throw new TypeError(
      `${option} must list names of hosts such as pictures.example or *.pictures.example, not ${JSON.stringify(entry)}.`,
    );
  return `${wildcard}${host}`;
}

/** The purposes of lists of hosts, in the words of messages. */
const purposes = {
  allowUrls: { address: 'the address of a picture', called: 'fetched', from: 'the server fetches from' },
  allowWebhooks: { address: 'an address', called: 'called', from: 'the server sends webhooks to' },
} as const;

/** The hosts that may be called. */
export class AllowedHosts {
  readonly #exact: ReadonlySet<string>;
  readonly #below: readonly string[];
  readonly #purpose: (typeof purposes)[keyof typeof purposes];

  /**
   * @param option the option that lists them, for messages
   * @throws TypeError for an entry that is none.
   */
  constructor(entries: readonly string[], option: keyof typeof purposes = 'allowUrls') {
    const checked = entries.map((entry) => checkHost(entry, option));
    this.#exact = new Set(checked.filter((entry) => !entry.startsWith('*')));
    this.#below = checked.filter((entry) => entry.startsWith('*')).map((entry) => entry.slice(1));
    this.#purpose = purposes[option];
  }

  /**
   * Checks an address, or that of a redirect: an allowed host, HTTP or HTTPS at its own port, no user or password.
   * @param from the address that redirects to it
   * @throws SnapshelfError `url-refused`.
   */
  check(text: string, from?: URL): URL {
    const purpose = this.#purpose;
    if (!URL.canParse(text, from?.href)) throw refused(`This is not ${purpose.address}.`);
    const url = new URL(text, from);
    const where = from === undefined ? 'The address' : 'The address that it redirects to';
    if (url.protocol !== 'https:' && url.protocol !== 'http:')
      throw refused(`${where} begins with ${url.protocol}, but only https: and http: are ${purpose.called}.`);
    if (from?.protocol === 'https:' && url.protocol === 'http:')
      throw refused('The address redirects from https: to http:, which is not followed.');
    if (url.username !== '' || url.password !== '')
      throw refused(`${where} has a user or a password. Leave them out.`);
    if (url.port !== '') throw refused(`${where} names the port ${url.port}. Leave it out.`);
    if (!this.#allows(url.hostname))
      throw refused(
        `${where} is of the host ${JSON.stringify(url.hostname)}, which is not among those that ${purpose.from}.`,
      );
    return url;
  }

  #allows(host: string): boolean {
    return isIP(host) === 0 && (this.#exact.has(host) || this.#below.some((end) => host.endsWith(end)));
  }
}
