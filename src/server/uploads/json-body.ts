import type { Request, RequestHandler } from 'express';
import { SnapshelfError } from '../../errors.ts';
import type { JsonLimits } from '../../json/index.ts';
import { adoptBody } from './adopted-body.ts';
import { tooManyBytes } from './upload-errors.ts';

const firstBytes = 64 * 1024;

/** Memory that is not filled with zeros first, which takes 20 ms for 28 MB; nobody sees more of it than what came. */
const memory = (length: number): Uint8Array<ArrayBuffer> => Buffer.allocUnsafeSlow(length);

/** Bytes that are put together as they come, so that their end costs no long copy. */
export class GrowingBytes {
  readonly #most: number;
  #bytes: Uint8Array<ArrayBuffer>;
  #length = 0;

  /** @param expected Its length, where it is known. */
  constructor(expected: number | undefined, most: number) {
    this.#most = most;
    this.#bytes = memory(Math.min(expected ?? firstBytes, most));
  }

  /** False when they get more than allowed. */
  add(chunk: Uint8Array): boolean {
    const length = this.#length + chunk.length;
    if (length > this.#most) return false;
    if (length > this.#bytes.length) this.#grow(length);
    this.#bytes.set(chunk, this.#length);
    this.#length = length;
    return true;
  }

  /** What came; its buffer has nothing else in it. */
  end(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length);
  }

  #grow(length: number): void {
    const larger = memory(Math.min(this.#most, Math.max(length, 2 * this.#bytes.length)));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
  }
}

/** The length of a body, where it is announced. */
export function announcedBytes({ headers }: Request): number | undefined {
  const length = headers['content-length'];
  return length === undefined ? undefined : Number(length);
}

function collect(request: Request, most: number): Promise<Uint8Array> {
  const early = (): SnapshelfError => new SnapshelfError('request-invalid', 'the body ended early');
  if (request.destroyed) return Promise.reject(early());
  const body = new GrowingBytes(announcedBytes(request), most);
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      request.off('data', take).off('end', finish).off('error', fail).off('close', leave);
    };
    const fail = (error: unknown): void => {
      stop();
      reject(error);
    };
    const take = (chunk: Buffer): void => {
      if (!body.add(chunk)) fail(tooManyBytes(most));
    };
    const finish = (): void => {
      stop();
      resolve(body.end());
    };
    const leave = (): void => fail(early());
    request.on('data', take).once('end', finish).once('error', fail).once('close', leave);
  });
}

const unsupported = (message: string): SnapshelfError =>
  new SnapshelfError('media-type-unsupported', message);

/** Throws `media-type-unsupported` for a body in another encoding than plain UTF-8. */
export function checkEncoding({ headers }: Request): void {
  const encoding = headers['content-encoding'] ?? 'identity';
  if (encoding.toLowerCase() !== 'identity')
    throw unsupported('compressed bodies are not taken: send it as it is, without a Content-Encoding');
}

function checkCharset({ headers }: Request): void {
  const charset = /;\s*charset\s*=\s*"?([^\s;"]*)/i.exec(headers['content-type'] ?? '')?.[1];
  if (charset !== undefined && !/^utf-?8$/i.test(charset)) throw unsupported('JSON is sent in UTF-8');
}

/** Middleware that receives a JSON body as bytes; whatever reads them bounds what they become. */
export const jsonBody =
  (limits: JsonLimits, keep: (request: Request, bytes: Uint8Array) => void): RequestHandler =>
  async (request, _response, next) => {
    checkCharset(request);
    const isRead = request.readableEnded;
    keep(request, isRead ? adoptBody(request.body, limits) : await collect(request, limits.bytes));
    next();
  };
