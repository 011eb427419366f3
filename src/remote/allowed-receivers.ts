import { isIP } from 'node:net';
import { SnapshelfError } from '../errors.ts';
import { AllowedHosts, checkHost } from './allowed-hosts.ts';
import { isReceiverAddress } from './public-address.ts';

/** Returns the host of an address, an IPv6 one without its brackets. */
const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[(.*)\]$/, '$1');

/**
 * Checks an entry of the list of receivers of webhooks: a host such as `hooks.example` or `*.hooks.example`, which is called by HTTPS at
 * a public address, or a whole origin such as `http://10.0.0.5:8080`, which may be of a private network or this machine. Returns it as
 * addresses have it.
 * @throws TypeError for anything else.
 * @example
 * ```ts
 * import { checkAllowedReceiver } from 'snapshelf/server';
 *
 * const allowWebhooks = ['hooks.example', 'http://127.0.0.1:8080'].map(checkAllowedReceiver);
 * console.log(`webhooks are sent to ${allowWebhooks.join(', ')}`);
 * ```
 */
export function checkAllowedReceiver(entry: string): string {
  if (!entry.includes('://')) return checkHost(entry, 'allowWebhooks');
  const url = URL.canParse(entry) ? new URL(entry) : undefined;
  const isOrigin = url !== undefined && /^https?:$/.test(url.protocol) && url.href === `${url.origin}/`;
  if (!isOrigin || (isIP(hostOf(url)) !== 0 && !isReceiverAddress(hostOf(url))))
    throw new TypeError(
      `allowWebhooks must list hosts such as hooks.example, or origins such as http://10.0.0.5:8080 without a path, not ${JSON.stringify(entry)}. Link-local and reserved addresses are never called.`,
    );
  return url.origin;
}

/** The receivers that may be called. */
export class AllowedReceivers {
  readonly #origins: ReadonlySet<string>;
  readonly #hosts: AllowedHosts;

  /** @throws TypeError for an entry that is none. */
  constructor(entries: readonly string[]) {
    const checked = entries.map(checkAllowedReceiver);
    this.#origins = new Set(checked.filter((entry) => entry.includes('://')));
    this.#hosts = new AllowedHosts(
      checked.filter((entry) => !entry.includes('://')),
      'allowWebhooks',
    );
  }

  /**
   * Checks the address of a receiver.
   * @returns it, and whether its origin is listed, so that it may be a private one
   * @throws SnapshelfError `url-refused`.
   */
  check(text: string): { readonly url: URL; readonly isListed: boolean } {
    const given = URL.canParse(text) ? new URL(text) : undefined;
    if (
      given !== undefined &&
      given.username === '' &&
      given.password === '' &&
      this.#origins.has(given.origin)
    )
      return { url: given, isListed: true };
    const url = this.#hosts.check(text);
    if (url.protocol === 'https:') return { url, isListed: false };
    throw new SnapshelfError(
      'url-refused',
      'The address begins with http:, which anybody on the way can read. Use https:, or have its whole origin listed.',
    );
  }
}
