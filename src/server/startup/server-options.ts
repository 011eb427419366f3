import { checkWhole } from '../../arguments.ts';
import type { EmbedderOptions } from '../../embed/index.ts';
import type { Logger } from '../../log.ts';
import type { RetrieverOptions } from '../../retrieval/index.ts';
import type { Level } from '../access/level.ts';
import type { RateLimits } from '../access/rates.ts';
import type { Limits } from '../parsing/limits.ts';
import type { Prepare } from './loading.ts';

/** Options of a server. */
export interface ServerOptions {
  /** Path of the data folder. */
  readonly data: string;
  /** Path of the model for new collections. */
  readonly model?: string | undefined;
  /** The part of the API that is open: see `AppOptions.allow`. Default `admin`: everything. */
  readonly allow?: Level | undefined;
  /**
   * A key of the level `admin`, 32 to 512 characters without blanks, which is kept in memory only. Requests then need this key
   * or one of the data folder's. Default: only those of the folder.
   */
  readonly adminKey?: string | undefined;
  /**
   * True asks nobody for a key, even if there are some, at whatever address. Default false: requests need a key as soon as the data
   * folder has one, and without one only a loopback address is listened on.
   */
  readonly noAuth?: boolean | undefined;
  /**
   * Host names that requests may name, besides `localhost`, `host` and IP addresses. A request for any other host is answered
   * 403 `host-not-allowed`, except `/health/`. Where keys are asked for, any host is answered.
   */
  readonly allowHosts?: readonly string[] | undefined;
  /** Origins whose pages may use the API: see `AppOptions.corsOrigins`. */
  readonly corsOrigins?: readonly string[] | undefined;
  /** Hosts from which pictures may be fetched: see `AppOptions.allowUrls`. Default: none. */
  readonly allowUrls?: readonly string[] | undefined;
  /** Receivers of webhooks: see `WebhooksOptions.allowWebhooks`. Default: nowhere. */
  readonly allowWebhooks?: readonly string[] | undefined;
  /** Units that each client may spend per minute; see `RateLimits` for the defaults. */
  readonly rateLimits?: Partial<RateLimits> | undefined;
  /** Number of proxies before the server that are believed: see `AppOptions.trustProxy`. Default 0. */
  readonly trustProxy?: number | undefined;
  /** False writes no log of changes, `audit.jsonl` in the data folder. Default true. */
  readonly audit?: boolean | undefined;
  /** True keeps the places in stored pictures: see `RetrieverOptions.keepGps`. Default false. */
  readonly keepGps?: boolean | undefined;
  /** See `RetrieverOptions.engine`. Default: the data folder. */
  readonly engine?: string | undefined;
  /** See `RetrieverOptions.pictureStore`. Default: `engine`. */
  readonly pictureStore?: string | undefined;
  /** See `GalleryOptions.maxCollections`. Default 1,000. */
  readonly maxCollections?: number | undefined;
  /** See `GalleryOptions.openCollections`. Default 32. */
  readonly openCollections?: number | undefined;
  /** See `GalleryOptions.indexEngine`. */
  readonly indexEngine?: RetrieverOptions['indexEngine'];
  /** See `GalleryOptions.indexThreads`. Default: one a core, at most 4. */
  readonly indexThreads?: number | undefined;
  /** See `GalleryOptions.scanThreads`. Default: as many as there are cores, at most 16. */
  readonly scanThreads?: number | undefined;
  /** See `GalleryOptions.storedPrecision`. Default `float32`. */
  readonly storedPrecision?: RetrieverOptions['storedPrecision'];
  /** Address to listen on. Default 127.0.0.1: only this machine. */
  readonly host?: string | undefined;
  /** Port to listen on; 0 takes a free one. Default 3000. */
  readonly port?: number | undefined;
  /** Options of the embedders that run the models. */
  readonly embed?: EmbedderOptions | undefined;
  /** Limits of the requests of a client; see `Limits` for the defaults. */
  readonly limits?: Partial<Limits> | undefined;
  /** Milliseconds until a request must have arrived, and again until it must be answered. Default 30,000. */
  readonly requestTimeoutMs?: number | undefined;
  /** See `AppOptions.writeTimeoutMs`. Default 30,000. */
  readonly writeTimeoutMs?: number | undefined;
  /**
   * Connections at a time; on further ones requests are answered 503 `too-many-connections`, and those far above are closed at once.
   * One address, but this machine's and those of proxies, has half of them at most. Default 1,000.
   */
  readonly maxConnections?: number | undefined;
  /** See `AppOptions.jobLeaseMs`. Default 20,000. */
  readonly jobLeaseMs?: number | undefined;
  /** Called when the server answers: it is ready only after this. Default: nothing. */
  readonly prepare?: Prepare | undefined;
  /** Default: silent. */
  readonly log?: Logger | undefined;
}

/** Default of `maxConnections`. */
const defaultMaxConnections = 1000;

/**
 * Returns the limits of the connections of a server. Behind proxies all clients have the same few addresses.
 * @throws RangeError for a number that is not a whole one of 1 or more.
 */
export function connectionLimits({ maxConnections = defaultMaxConnections, trustProxy = 0 }: ServerOptions): {
  readonly max: number;
  readonly maxOfAddress: number;
} {
  checkWhole('maxConnections', maxConnections, { from: 1 });
  return {
    max: maxConnections,
    maxOfAddress: trustProxy > 0 ? maxConnections : Math.ceil(maxConnections / 2),
  };
}
