import { isIPv6 } from 'node:net';
import type { Request, RequestHandler, Response } from 'express';
import { SnapshelfError } from '../../errors.ts';
import type { Caller, Callers } from './callers.ts';
import type { RateLimits } from './rates.ts';

/** Most clients that are remembered; the one that was not heard of for longest is forgotten first. */
const maxClients = 10_000;
const minuteMs = 60_000;

/** Returns the first 64 bits of an IPv6 address, which one client has whole, or the IPv4 address. */
export function networkOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
  if (!isIPv6(plain)) return plain;
  const [head = '', tail] = plain.split('::');
  const groups = (text = ''): string[] => text.split(':').filter((group) => group !== '');
  const before = groups(head);
  const behind = groups(tail);
  const missing = tail === undefined ? 0 : 8 - before.length - behind.length - (plain.includes('.') ? 1 : 0);
  const all = [...before, ...Array<string>(Math.max(missing, 0)).fill('0'), ...behind];
  return `${all
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`;
}

const isLocal = (network: string): boolean => network.startsWith('127.');

interface Client {
  readonly id: string;
  readonly kind: 'key' | 'address' | 'local';
  /** Units per minute; 0: any number. */
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
      const client = request.path.startsWith('/health/') ? undefined : this.#clientOf(request);
      if (client !== undefined) this.#spend(client, response);
      next();
    };
  }

  /** Takes further units for what a request turned out to hold. What is lacking is missing for later requests. */
  charge(request: Request, units: number): void {
    const client = this.#clientOf(request);
    if (client === undefined || units <= 0) return;
    const bucket = this.#bucketOf(client);
    bucket.units = Math.max(bucket.units - units, -client.quota);
  }

  /** True if what a client sends is measured closely: this machine's own is not. */
  measures(request: Request): boolean {
    const kind = this.#clientOf(request)?.kind;
    return kind !== undefined && kind !== 'local';
  }

  /** @throws SnapshelfError `rate-limited`. */
  #spend(client: Client, response: Response): void {
    const { quota, kind } = client;
    const bucket = this.#bucketOf(client);
    const isEnough = bucket.units >= 1;
    if (isEnough) bucket.units -= 1;
    const seconds = Math.max(Math.ceil(((1 - bucket.units) / quota) * 60), 1);
    response.set('RateLimit-Policy', `"${kind}";q=${quota};w=60`);
    response.set('RateLimit', `"${kind}";r=${Math.max(Math.floor(bucket.units), 0)};t=${seconds}`);
    if (isEnough) return;
    throw new SnapshelfError(
      'rate-limited',
      `This ${kind === 'key' ? 'key' : 'address'} may spend ${quota} units per minute. Try again in ${seconds} s.`,
      { details: { retryAfterSeconds: seconds, unitsPerMinute: quota } },
    );
  }

  #bucketOf({ id, quota }: Client): Bucket {
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

  /** Undefined for one without a limit. */
  #clientOf(request: Request): Client | undefined {
    const caller = this.#callers.of(request);
    const client = caller === undefined ? this.#byAddress(request.ip ?? '') : this.#byKey(caller);
    return client.quota === 0 ? undefined : client;
  }

  #byKey({ id }: Caller): Client {
    // Commands of this machine are its user's own.
    return { id: `key ${id}`, kind: 'key', quota: id === 'machine' ? 0 : this.#limits.keyPerMinute };
  }

  #byAddress(address: string): Client {
    const network = address === '::1' ? '127.0.0.1' : networkOf(address);
    const kind = isLocal(network) ? 'local' : 'address';
    const { localPerMinute, addressPerMinute } = this.#limits;
    return { id: `at ${network}`, kind, quota: kind === 'local' ? localPerMinute : addressPerMinute };
  }
}
