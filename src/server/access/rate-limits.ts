import type { Request, RequestHandler, Response } from 'express';
import { SnapshelfError } from '../../errors.ts';
import type { Callers } from './callers.ts';
import { type Client, clientOf } from './clients.ts';
import type { RateLimits } from './rates.ts';

/** Most clients that are remembered; the one that was not heard of for longest is forgotten first. */
const maxClients = 10_000;
const minuteMs = 60_000;

interface Spender extends Client {
  /** Units per minute. */
  readonly quota: number;
}

/** The units that a client may still spend: a bucket that fills evenly, up to what a minute brings. */
interface Bucket {
  units: number;
  at: number;
}

/** Bounds what each client may ask for. */
export class RateLimiter {
  readonly #limits: RateLimits;
  readonly #callers: Callers;
  readonly #now: () => number;
  readonly #buckets = new Map<string, Bucket>();

  /** @param now returns milliseconds that never go back */
  constructor(limits: RateLimits, callers: Callers, now: () => number = () => performance.now()) {
    this.#limits = limits;
    this.#callers = callers;
    this.#now = now;
  }

  /** Number of clients that are remembered. */
  get clients(): number {
    return this.#buckets.size;
  }

  /** Returns the middleware that takes a unit for each request, or refuses it. Probes of health cost nothing. */
  admit(): RequestHandler {
    return (request, response, next) => {
      const client = request.path.startsWith('/health/') ? undefined : this.#spenderOf(request);
      if (client !== undefined) this.#spend(client, response);
      next();
    };
  }

  /** Takes further units for what a request turned out to hold. What is lacking is missing for later requests. */
  charge(request: Request, units: number): void {
    const client = this.#spenderOf(request);
    if (client === undefined || units <= 0) return;
    const bucket = this.#bucketOf(client);
    bucket.units = Math.max(bucket.units - units, -client.quota);
  }

  /**
   * Takes further units for work that is about to be done, or refuses it. What costs more than a minute brings needs all of it.
   * @throws SnapshelfError `rate-limited`.
   */
  require(request: Request, response: Response, units: number): void {
    const client = this.#spenderOf(request);
    if (client !== undefined && units > 0) this.#spend(client, response, units);
  }

  /** @throws SnapshelfError `rate-limited`. */
  #spend(client: Spender, response: Response, units = 1): void {
    const { quota, kind } = client;
    const bucket = this.#bucketOf(client);
    const needed = Math.min(units, quota);
    const isEnough = bucket.units >= needed;
    if (isEnough) bucket.units = Math.max(bucket.units - units, -quota);
    const lacking = (isEnough ? 1 : needed) - bucket.units;
    const seconds = Math.max(Math.ceil((lacking / quota) * 60), 1);
    response.set('RateLimit-Policy', `"${kind}";q=${quota};w=60`);
    response.set('RateLimit', `"${kind}";r=${Math.max(Math.floor(bucket.units), 0)};t=${seconds}`);
    if (isEnough) return;
    throw new SnapshelfError(
      'rate-limited',
      `This ${kind === 'key' ? 'key' : 'address'} may spend ${quota} units per minute. Try again in ${seconds} s.`,
      { details: { retryAfterSeconds: seconds, unitsPerMinute: quota } },
    );
  }

  #bucketOf({ id, quota }: Spender): Bucket {
    const now = this.#now();
    const known = this.#buckets.get(id);
    const bucket = known ?? { units: quota, at: now };
    bucket.units = Math.min(bucket.units + ((now - bucket.at) * quota) / minuteMs, quota);
    bucket.at = now;
    this.#buckets.delete(id);
    this.#buckets.set(id, bucket);
    if (this.#buckets.size > maxClients)
      for (const oldest of this.#buckets.keys()) {
        this.#buckets.delete(oldest);
        break;
      }
    return bucket;
  }

  /** Undefined for one without a limit. Commands of this machine are its user's own. */
  #spenderOf(request: Request): Spender | undefined {
    const client = clientOf(request, this.#callers);
    const { keyPerMinute, addressPerMinute, localPerMinute } = this.#limits;
    const quotas = { key: keyPerMinute, address: addressPerMinute, local: localPerMinute, machine: 0 };
    const quota = quotas[client.kind];
    return quota === 0 ? undefined : { ...client, quota };
  }
}
