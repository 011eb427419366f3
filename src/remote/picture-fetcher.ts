import { type Agent, type Dispatcher, request } from 'undici';
import { SnapshelfError } from '../errors.ts';
import { sniffFormat } from '../image/index.ts';
import { Semaphore } from '../threads/index.ts';
import { AllowedHosts } from './allowed-hosts.ts';
import { checkedAgent, type Network } from './checked-agent.ts';
import { isPublicAddress } from './public-address.ts';

/** Options of a fetcher. */
export interface PictureFetcherOptions {
  /** Names of hosts, such as `pictures.example`, or `*.pictures.example` for all below it. */
  readonly hosts: readonly string[];
  /** Milliseconds for one picture, with its redirects. Default 10,000. */
  readonly timeoutMs?: number | undefined;
}

/** Options of one picture. */
export interface FetchPictureOptions {
  readonly maxBytes: number;
  readonly signal?: AbortSignal | undefined;
}

const maxRedirects = 3;
/** Pictures that are fetched at a time. */
const atOnce = 8;
/** First bytes by which a format is known. */
const sniffed = 512;

const failed = (message: string, cause?: unknown): SnapshelfError =>
  new SnapshelfError('url-failed', message, { cause });

/**
 * Fetches pictures from hosts that are listed, and from nothing else. Each name is resolved once for a connection, all of its addresses
 * must be public, and the connection goes to one of those that were checked. Redirects are checked like the first address.
 */
export class PictureFetcher {
  readonly #hosts: AllowedHosts;
  readonly #timeoutMs: number;
  readonly #agent: Agent;
  readonly #turns = new Semaphore(atOnce);

  /** @throws TypeError for an entry of the hosts that is no name of a host. */
  constructor({ hosts, timeoutMs = 10_000 }: PictureFetcherOptions, network: Network = {}) {
    this.#hosts = new AllowedHosts(hosts);
    this.#timeoutMs = timeoutMs;
    this.#agent = checkedAgent({ timeoutMs, isAllowed: isPublicAddress }, network);
  }

  /**
   * Fetches the bytes of a picture; only their beginning has been looked at.
   * @throws SnapshelfError `url-refused` for an address that may not be fetched, or that redirects to one; `url-failed`; `image-too-large`,
   * `image-empty` and `image-unsupported` for what is there.
   * @throws unknown the signal's reason if it aborts.
   */
  async fetch(address: string, { maxBytes, signal }: FetchPictureOptions): Promise<Uint8Array> {
    const url = this.#hosts.check(address);
    return this.#turns.run(1, () => this.#fetch(url, maxBytes, signal), { signal });
  }

  /** Closes the connections. */
  async close(): Promise<void> {
    await this.#agent.destroy();
  }

  async #fetch(first: URL, maxBytes: number, signal: AbortSignal | undefined): Promise<Uint8Array> {
    const timeout = AbortSignal.timeout(this.#timeoutMs);
    const both = signal === undefined ? timeout : AbortSignal.any([signal, timeout]);
    try {
      return await this.#follow(first, maxBytes, both);
    } catch (error) {
      signal?.throwIfAborted();
      if (timeout.aborted) throw failed(`The picture did not come within ${this.#timeoutMs} ms.`, error);
      if (error instanceof SnapshelfError) throw error;
      // What a network says of itself is not for the client.
      throw failed('The host of the picture cannot be reached, or broke off.', error);
    }
  }

  async #follow(first: URL, maxBytes: number, signal: AbortSignal): Promise<Uint8Array> {
    let url = first;
    for (let hop = 0; hop <= maxRedirects; hop += 1) {
      const headers = { accept: 'image/*', 'user-agent': 'snapshelf' };
      const response = await request(url, { dispatcher: this.#agent, headers, signal });
      const location = locationOf(response);
      if (location === undefined) return await readBody(response, maxBytes);
      discard(response);
      url = this.#hosts.check(location, url);
    }
    throw failed(`The address redirects more than ${maxRedirects} times.`);
  }
}

function locationOf({ statusCode, headers }: Dispatcher.ResponseData): string | undefined {
  if (![301, 302, 303, 307, 308].includes(statusCode)) return undefined;
  const { location } = headers;
  if (typeof location !== 'string') throw failed('The address redirects without saying where to.');
  return location;
}

function discard({ body }: Dispatcher.ResponseData): void {
  body.on('error', () => undefined).destroy();
}

async function readBody(response: Dispatcher.ResponseData, maxBytes: number): Promise<Uint8Array> {
  try {
    return await readPicture(response, maxBytes);
  } finally {
    discard(response);
  }
}

async function readPicture(
  { statusCode, headers, body }: Dispatcher.ResponseData,
  maxBytes: number,
): Promise<Uint8Array> {
  if (statusCode !== 200) throw failed(`The host of the picture answers ${statusCode}.`);
  if ((headers['content-encoding'] ?? 'identity') !== 'identity')
    throw failed('The host of the picture sends it compressed, although it was not asked to.');
  if (Number(headers['content-length'] ?? 0) > maxBytes) throw tooLarge(maxBytes);
  const parts: Uint8Array[] = [];
  let length = 0;
  let isKnown = false;
  for await (const part of body as AsyncIterable<Uint8Array>) {
    length += part.length;
    if (length > maxBytes) throw tooLarge(maxBytes);
    parts.push(part);
    if (!isKnown && length >= sniffed) isKnown = sniffFormat(Buffer.concat(parts)) !== undefined;
  }
  if (length === 0) throw new SnapshelfError('image-empty', 'The picture at the address has no bytes.');
  const bytes = Buffer.concat(parts, length);
  sniffFormat(bytes);
  return bytes;
}

const tooLarge = (maxBytes: number): SnapshelfError =>
  new SnapshelfError(
    'image-too-large',
    `The picture at the address has more than the ${maxBytes} bytes that are allowed.`,
    { details: { maxBytes } },
  );
