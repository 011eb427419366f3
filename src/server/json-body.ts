import type { Request, RequestHandler } from 'express';
import { SnapshelfError } from '../errors.ts';
import { tooManyBytes } from './upload-errors.ts';

const firstBytes = 64 * 1024;

/** Puts a body together as it comes, so that its end costs no long copy. */
class Body {
  readonly #most: number;
  #bytes: Uint8Array<ArrayBuffer>;
  #length = 0;

  /** @param announced Its length, where it is known. */
  constructor(announced: number | undefined, most: number) {
    this.#most = most;
    this.#bytes = new Uint8Array(Math.min(announced ?? firstBytes, most));
  }

  /** False when the body gets longer than allowed. */
  add(chunk: Uint8Array): boolean {
    const length = this.#length + chunk.length;
    if (length > this.#most) return false;
    if (length > this.#bytes.length) this.#grow(length);
    this.#bytes.set(chunk, this.#length);
    this.#length = length;
    return true;
  }

  /** In memory of its own. */
  end(): Uint8Array<ArrayBuffer> {
    return this.#length === this.#bytes.length ? this.#bytes : this.#bytes.slice(0, this.#length);
  }

  #grow(length: number): void {
    const larger = new Uint8Array(Math.min(this.#most, Math.max(length, 2 * this.#bytes.length)));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
  }
}

function announcedBytes({ headers }: Request): number | undefined {
  const length = headers['content-length'];
  return length === undefined ? undefined : Number(length);
}

function collect(request: Request, most: number): Promise<Uint8Array> {
  const body = new Body(announcedBytes(request), most);
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
    const leave = (): void => fail(new SnapshelfError('request-invalid', 'the body ended early'));
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

/** Middleware that receives a JSON body as bytes, at most so many; whatever reads them bounds what they become. */
export const jsonBody =
  (most: number): RequestHandler =>
  async (request, _response, next) => {
    checkCharset(request);
    request.body = await collect(request, most);
    next();
  };
