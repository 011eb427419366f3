import type { Request, RequestHandler } from 'express';
import { SnapshelfError } from '../../errors.ts';
import type { Callers } from '../access/callers.ts';
import { clientOf } from '../access/clients.ts';
import { queueFull } from '../http/queue-full.ts';
import { onFinished } from '../http/request-scope.ts';
import type { Limits } from '../parsing/limits.ts';
import { tooManyBytes } from './upload-errors.ts';

/** Milliseconds in which the least rate must be reached. */
const windowMs = 5000;
const retryAfterSeconds = 2;

/** Bytes that are held for the bodies of one kind of request, and for each client's. */
class Pool {
  readonly #total: number;
  readonly #share: number;
  readonly #byClient = new Map<string, number>();
  #used = 0;

  constructor(total: number, share: number) {
    this.#total = total;
    this.#share = share;
  }

  /**
   * Checks that there is room for further bytes of a body of which `own` are held already. One that is alone has room, however
   * small the part is.
   */
  check(client: string, bytes: number, own = 0): SnapshelfError | undefined {
    const ofClient = this.#byClient.get(client) ?? 0;
    if (ofClient > own && ofClient + bytes > this.#share)
      return queueFull(
        'This client has too many uploads under way. Send fewer at a time.',
        retryAfterSeconds,
      );
    return this.#used > own && this.#used + bytes > this.#total
      ? queueFull('Too many uploads are under way. Try again.', retryAfterSeconds)
      : undefined;
  }

  /** Takes bytes, or gives them back where they are negative. */
  add(client: string, bytes: number): void {
    const ofClient = (this.#byClient.get(client) ?? 0) + bytes;
    this.#used += bytes;
    if (ofClient > 0) this.#byClient.set(client, ofClient);
    else this.#byClient.delete(client);
  }
}

/** The bytes of one body that have arrived, which are held until its request is over. */
export class BodyMeter {
  readonly #pool: Pool;
  readonly #client: string;
  readonly #leastBytes: number;
  #bytes = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(pool: Pool, client: string, bytesPerSecond: number) {
    this.#pool = pool;
    this.#client = client;
    this.#leastBytes = (bytesPerSecond * windowMs) / 1000;
  }

  /** Begins to watch how fast the body arrives; `onSlow` is called once if it is too slow. */
  watch(onSlow: (error: SnapshelfError) => void): void {
    let before = this.#bytes;
    const check = (): void => {
      const arrived = this.#bytes - before;
      before = this.#bytes;
      if (this.#timer === undefined || arrived >= this.#leastBytes) return;
      this.stop();
      onSlow(
        new SnapshelfError(
          'body-too-slow',
          `Of the body ${arrived} bytes arrived in ${windowMs / 1000} s; at least ${this.#leastBytes} have to. Send it faster.`,
          { details: { bytes: arrived, leastBytes: this.#leastBytes, seconds: windowMs / 1000 } },
        ),
      );
    };
    // What has come while the process was busy is counted first.
    this.#timer = setInterval(() => setImmediate(check), windowMs);
  }

  /** Ends the watch: the body has arrived, or is not waited for any more. */
  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Counts bytes that have arrived. Returns the reason why they cannot be held. */
  add(bytes: number): SnapshelfError | undefined {
    const problem = this.#pool.check(this.#client, bytes, this.#bytes);
    if (problem !== undefined) return problem;
    this.#pool.add(this.#client, bytes);
    this.#bytes += bytes;
    return undefined;
  }

  /** Gives back all bytes. */
  release(): void {
    this.stop();
    this.#pool.add(this.#client, -this.#bytes);
    this.#bytes = 0;
  }
}

const meters = new WeakMap<Request, BodyMeter>();

/** Returns the meter of a request's body. @throws TypeError if no budget has admitted it. */
export function meterOf(request: Request): BodyMeter {
  const meter = meters.get(request);
  if (meter === undefined) throw new TypeError('A budget must admit a request before its body is received.');
  return meter;
}

/**
 * Bounds the bytes of all bodies under way: those that have arrived, whatever was announced. Searches have a quarter of
 * their own, and a client its share of either part.
 */
export class UploadBudget {
  readonly #callers: Callers;
  readonly #bytesPerSecond: number;
  readonly #pools: Readonly<Record<'search' | 'other', Pool>>;

  constructor({ bytesInFlight, clientPercent, bodyBytesPerSecond }: Limits, callers: Callers) {
    this.#callers = callers;
    this.#bytesPerSecond = bodyBytesPerSecond;
    const poolOf = (total: number): Pool => new Pool(total, (total * clientPercent) / 100);
    this.#pools = { search: poolOf(bytesInFlight / 4), other: poolOf((bytesInFlight * 3) / 4) };
  }

  /**
   * Returns the middleware that refuses a body of more than `most` bytes, or one for which there is no room at present, and
   * otherwise gives it a meter.
   */
  admit(most: number, isSearch: boolean): RequestHandler {
    const pool = this.#pools[isSearch ? 'search' : 'other'];
    return (request, response, next) => {
      const announced = Number(request.headers['content-length'] ?? 0);
      if (announced > most) throw tooManyBytes(most);
      const client = clientOf(request, this.#callers).id;
      const problem = pool.check(client, announced);
      if (problem !== undefined) throw problem;
      const meter = new BodyMeter(pool, client, this.#bytesPerSecond);
      meters.set(request, meter);
      onFinished(response, () => meter.release());
      next();
    };
  }
}
