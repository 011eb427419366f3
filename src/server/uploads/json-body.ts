import type { Request, RequestHandler } from 'express';
import { SnapshelfError } from '../../errors.ts';
import type { JsonLimits } from '../../json/index.ts';
import { adoptBody } from './adopted-body.ts';
import { meterOf } from './upload-budget.ts';
import { tooManyBytes } from './upload-errors.ts';

const firstBytes = 64 * 1024;

/** Allocates memory without filling it with zeros, which takes 20 ms for 28 MB; only the written part is ever returned. */
const memory = (length: number): Uint8Array<ArrayBuffer> => Buffer.allocUnsafeSlow(length);

/** Bytes after which the memory for an announced length is allocated at once: who has sent nothing gets little. */
const trustedBytes = 2 ** 20;

/** Bytes that are joined as they arrive, so that the end costs no long copy. */
export class GrowingBytes {
  readonly #most: number;
  readonly #expected: number;
  #bytes: Uint8Array<ArrayBuffer>;
  #length = 0;

  /**
   * @param expected the length in bytes, if it is known
   * @param most the most bytes that are accepted
   */
  constructor(expected: number | undefined, most: number) {
    this.#most = most;
    this.#expected = Math.min(expected ?? 0, most);
    this.#bytes = memory(Math.min(expected ?? firstBytes, trustedBytes, most));
  }

  /** Appends `chunk`; returns false if there would be more bytes than allowed. */
  add(chunk: Uint8Array): boolean {
    const length = this.#length + chunk.length;
    if (length > this.#most) return false;
    if (length > this.#bytes.length) this.#grow(length);
    this.#bytes.set(chunk, this.#length);
    this.#length = length;
    return true;
  }

  /** Returns the bytes that came; their buffer holds nothing else. */
  end(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length);
  }

  #grow(length: number): void {
    const larger = memory(Math.min(this.#most, Math.max(length, 2 * this.#bytes.length, this.#expected)));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
  }
}

/** Returns the announced length of a body in bytes, or undefined if there is none. */
export function announcedBytes({ headers }: Request): number | undefined {
  const length = headers['content-length'];
  return length === undefined ? undefined : Number(length);
}

function collect(request: Request, most: number): Promise<Uint8Array> {
  const early = (): SnapshelfError => new SnapshelfError('request-invalid', 'The body ended early.');
  if (request.destroyed) return Promise.reject(early());
  const body = new GrowingBytes(announcedBytes(request), most);
  const meter = meterOf(request);
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      meter.stop();
      request.off('data', take).off('end', finish).off('error', fail).off('close', leave);
    };
    const fail = (error: unknown): void => {
      stop();
      reject(error);
    };
    const take = (chunk: Buffer): void => {
      const problem = body.add(chunk) ? meter.add(chunk.length) : tooManyBytes(most);
      if (problem !== undefined) fail(problem);
    };
    const finish = (): void => {
      stop();
      resolve(body.end());
    };
    const leave = (): void => fail(early());
    meter.watch(fail);
    request.on('data', take).once('end', finish).once('error', fail).once('close', leave);
  });
}

const unsupported = (message: string): SnapshelfError =>
  new SnapshelfError('media-type-unsupported', message);

/** Checks that a body is not compressed. @throws SnapshelfError `media-type-unsupported`. */
export function checkEncoding({ headers }: Request): void {
  const encoding = headers['content-encoding'] ?? 'identity';
  if (encoding.toLowerCase() !== 'identity')
    throw unsupported(
      'Compressed bodies are not accepted. Send the body as it is, without a Content-Encoding.',
    );
}

function checkCharset({ headers }: Request): void {
  const charset = /;\s*charset\s*=\s*"?([^\s;"]*)/i.exec(headers['content-type'] ?? '')?.[1];
  if (charset !== undefined && !/^utf-?8$/i.test(charset)) throw unsupported('JSON must be sent in UTF-8.');
}

/** Returns the middleware that receives a JSON body as bytes, within `limits.bytes`; the reader checks the other limits. */
export const jsonBody =
  (limits: JsonLimits, keep: (request: Request, bytes: Uint8Array) => void): RequestHandler =>
  async (request, _response, next) => {
    checkCharset(request);
    const isRead = request.readableEnded;
    keep(request, isRead ? adoptBody(request.body, limits) : await collect(request, limits.bytes));
    next();
  };
