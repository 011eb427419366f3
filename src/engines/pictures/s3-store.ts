import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AwsV4Signer } from 'aws4fetch';
import { SnapshelfError } from '../../errors.ts';
import { loadClient } from '../load-client.ts';
import type { AboutPicture, PictureStore, StoredObject } from './picture-store.ts';
import { type S3Address, s3Address } from './s3-address.ts';

/** Times that a request is made, and milliseconds that each may take, and that the second waits for at most; each further one twice as long. */
const tries = 4;
const requestMs = 20_000;
const waitMs = 200;
/** Characters of an item's id as a header: S3 keeps 2 KB of what is said about an object. */
const maxIdCharacters = 1800;
const itemHeader = 'x-amz-meta-item';
const emptyHash = createHash('sha256').update('').digest('hex');

/** A request to a bucket. */
interface Request {
  readonly method: 'GET' | 'PUT' | 'HEAD' | 'DELETE';
  /** Below the bucket, with what follows a question mark. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: Uint8Array | undefined;
}

/** The code and the status of an answer that is none of those that are waited for. */
class Refusal extends Error {
  readonly status: number;

  constructor(status: number, text: string) {
    super(`${status} ${tagOf(text, 'Code') ?? ''}`.trim());
    this.status = status;
  }
}

/** Returns what stands between the tags of that name, of the first of them. */
const tagOf = (xml: string, name: string): string | undefined =>
  new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1]?.replaceAll('&amp;', '&');

/** Options of a store, for tests: milliseconds before a second try, and keys of one page of a list. */
interface S3Options {
  readonly waitMs?: number;
  readonly pageKeys?: number;
}

/** Pictures in an S3 bucket. */
export class S3Store implements PictureStore {
  readonly url: string;
  readonly #address: S3Address;
  readonly #signer: typeof AwsV4Signer;
  readonly #options: S3Options;
  readonly #running = new Set<AbortController>();
  #isClosed = false;

  private constructor(url: string, address: S3Address, signer: typeof AwsV4Signer, options: S3Options) {
    this.url = url;
    this.#address = address;
    this.#signer = signer;
    this.#options = options;
  }

  /**
   * Opens a bucket, and looks whether it lets itself be read.
   * @throws SnapshelfError `engine-not-installed`, `picture-store-unavailable`; RangeError for the address, or without keys.
   */
  static async open(
    url: string,
    environment: NodeJS.ProcessEnv = process.env,
    options: S3Options = {},
  ): Promise<S3Store> {
    const address = s3Address(url, environment);
    const { AwsV4Signer: signer } = await loadClient(
      'aws4fetch',
      () => import('aws4fetch'),
      'the picture store',
    );
    const store = new S3Store(url, address, signer, options);
    await store.#page(`${address.prefix}none/`, undefined);
    return store;
  }

  async put(key: string, picture: Uint8Array, { sha256, mediaType, itemId }: AboutPicture): Promise<void> {
    const item = Buffer.from(itemId).toString('base64url');
    const headers = {
      'content-type': mediaType,
      'x-amz-content-sha256': sha256,
      ...(item.length <= maxIdCharacters && { [itemHeader]: item }),
    };
    await this.#send({ method: 'PUT', path: this.#pathOf(key), headers, body: picture }, async (response) => {
      await response.arrayBuffer();
    });
  }

  async get(key: string, byteLength: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
    return this.#ifThere(
      this.#send({ method: 'GET', path: this.#pathOf(key) }, async (response) => {
        // Nothing of another length is read: nobody knows how much that is.
        if (response.headers.get('content-length') !== String(byteLength)) {
          await response.body?.cancel();
          return undefined;
        }
        return new Uint8Array(await response.arrayBuffer());
      }),
    );
  }

  find(key: string): Promise<{ readonly itemId: string | undefined } | undefined> {
    return this.#ifThere(
      this.#send({ method: 'HEAD', path: this.#pathOf(key) }, async ({ headers }) => {
        const item = headers.get(itemHeader);
        return { itemId: item === null ? undefined : Buffer.from(item, 'base64url').toString() };
      }),
    );
  }

  async remove(key: string): Promise<void> {
    await this.#ifThere(
      this.#send({ method: 'DELETE', path: this.#pathOf(key) }, (response) => response.arrayBuffer()),
    );
  }

  async *list(prefix: string): AsyncGenerator<StoredObject, void> {
    const { prefix: own } = this.#address;
    for (let token: string | undefined; ; ) {
      const xml = await this.#page(`${own}${prefix}`, token);
      for (const [, entry = ''] of xml.matchAll(/<Contents>([\s\S]*?)<\/Contents>/g)) {
        const key = tagOf(entry, 'Key') ?? '';
        if (!key.startsWith(own)) continue;
        yield {
          key: key.slice(own.length),
          byteLength: Number(tagOf(entry, 'Size')),
          writtenAt: Date.parse(tagOf(entry, 'LastModified') ?? ''),
        };
      }
      token = tagOf(xml, 'NextContinuationToken');
      if (token === undefined || tagOf(xml, 'IsTruncated') !== 'true') return;
    }
  }

  close(): void {
    this.#isClosed = true;
    for (const running of this.#running) running.abort();
  }

  /** Keys have nothing that would have to be encoded. */
  #pathOf(key: string): string {
    return `${this.#address.prefix}${key}`;
  }

  #page(prefix: string, token: string | undefined): Promise<string> {
    const query = new URLSearchParams({ 'list-type': '2', prefix });
    if (this.#options.pageKeys !== undefined) query.set('max-keys', String(this.#options.pageKeys));
    if (token !== undefined) query.set('continuation-token', token);
    return this.#send({ method: 'GET', path: `?${query}` }, (response) => response.text());
  }

  async #ifThere<T>(answer: Promise<T>): Promise<T | undefined> {
    try {
      return await answer;
    } catch (error) {
      const cause = (error as Error).cause;
      if (cause instanceof Refusal && cause.status === 404 && !cause.message.includes('NoSuchBucket'))
        return undefined;
      throw error;
    }
  }

  /** Makes a request until it is answered, some times. A write that is made again is the same object. */
  async #send<T>(request: Request, read: (response: Response) => Promise<T>): Promise<T> {
    const { waitMs: wait = waitMs } = this.#options;
    let failure: unknown;
    for (let attempt = 0; attempt < tries; attempt += 1) {
      if (attempt > 0) await sleep(Math.random() * wait * 2 ** (attempt - 1));
      if (this.#isClosed) throw new SnapshelfError('closed', 'The picture store was closed.');
      try {
        return await this.#once(request, read);
      } catch (error) {
        failure = error;
        if (error instanceof Refusal && error.status < 500 && error.status !== 429) break;
      }
    }
    if (this.#isClosed) throw new SnapshelfError('closed', 'The picture store was closed.');
    throw this.#unavailable(failure);
  }

  async #once<T>(
    { method, path, headers, body }: Request,
    read: (response: Response) => Promise<T>,
  ): Promise<T> {
    const { base, region, accessKeyId, secretAccessKey, sessionToken } = this.#address;
    const signed = await new this.#signer({
      method,
      url: new URL(path, base).href,
      headers: { 'x-amz-content-sha256': emptyHash, ...headers },
      accessKeyId,
      secretAccessKey,
      ...(sessionToken !== undefined && { sessionToken }),
      service: 's3',
      region,
    }).sign();
    const running = new AbortController();
    this.#running.add(running);
    const timer = setTimeout(() => running.abort(new Error('The time is up.')), requestMs);
    try {
      const response = await fetch(signed.url, {
        method,
        headers: signed.headers,
        ...(body !== undefined && { body: body as Uint8Array<ArrayBuffer> }),
        redirect: 'manual',
        signal: running.signal,
      });
      if (!response.ok) throw new Refusal(response.status, await response.text());
      return await read(response);
    } finally {
      clearTimeout(timer);
      this.#running.delete(running);
    }
  }

  /** Makes the error for what a client says, which may hold an address and never a key: headers are not in it. */
  #unavailable(cause: unknown): SnapshelfError {
    const isRefused = cause instanceof Refusal && cause.status < 500 && cause.status !== 429;
    const why = isRefused
      ? `refuses a request (${cause.message}). Check the name of the bucket, the AWS_ variables of the environment, and the rights of the key.`
      : `gives no answer (${cause instanceof Refusal ? cause.message : reasonOf(cause)}). Try again.`;
    return new SnapshelfError('picture-store-unavailable', `The picture store ${this.url} ${why}`, {
      cause,
      details: { pictureStore: this.url, retryAfterSeconds: isRefused ? 60 : 2 },
    });
  }
}

function reasonOf(error: unknown): string {
  const { cause, message } = error as Error;
  return String((cause as { readonly code?: unknown } | undefined)?.code ?? message);
}
