import { defaultEmbedderOptions } from '../../embed/index.ts';
import {
  defaultIndexThreads,
  defaultMaxCollections,
  defaultOpenCollections,
  defaultScanThreads,
} from '../../gallery/index.ts';
import { rateLimitsOf } from '../access/rates.ts';
import { defaultRequestTimeoutMs } from '../http/base-app.ts';
import { limitsOf } from '../parsing/limits.ts';
import { connectionLimits, type ServerOptions } from './server-options.ts';

/**
 * Returns the options that a server would run with, defaults and all limits included, as plain JSON. Of a key it says only that there
 * is one.
 * @throws RangeError for a limit that is not accepted.
 * @example
 * ```ts
 * import { shownConfig } from 'snapshelf/server';
 *
 * console.log(JSON.stringify(shownConfig({ data: 'data', limits: { imageBytes: 5_000_000 } }), undefined, 2));
 * ```
 */
export function shownConfig(options: ServerOptions): Readonly<Record<string, unknown>> {
  const { limits: picture, maxBatch } = { ...defaultEmbedderOptions, ...options.embed };
  return {
    data: options.data,
    engine: options.engine === undefined ? null : '(set)',
    pictureStore: options.pictureStore ?? 'engine',
    model: options.model ?? null,
    host: options.host ?? '127.0.0.1',
    port: options.port ?? 3000,
    allow: options.allow ?? 'admin',
    allowHosts: options.allowHosts ?? [],
    corsOrigins: options.corsOrigins ?? [],
    allowUrls: options.allowUrls ?? [],
    allowWebhooks: options.allowWebhooks ?? [],
    adminKey: options.adminKey === undefined ? null : '(set)',
    noAuth: options.noAuth ?? false,
    trustProxy: options.trustProxy ?? 0,
    indexEngine: options.indexEngine ?? null,
    indexThreads: options.indexThreads ?? defaultIndexThreads(),
    scanThreads: options.scanThreads ?? defaultScanThreads(),
    storedPrecision: options.storedPrecision ?? 'float32',
    keepGps: options.keepGps ?? false,
    audit: options.audit ?? true,
    requestTimeoutMs: options.requestTimeoutMs ?? defaultRequestTimeoutMs,
    writeTimeoutMs: options.writeTimeoutMs ?? defaultRequestTimeoutMs,
    maxConnections: connectionLimits(options).max,
    collections: {
      maxCollections: options.maxCollections ?? defaultMaxCollections,
      openCollections: options.openCollections ?? defaultOpenCollections,
    },
    limits: limitsOf(options.limits),
    rateLimits: rateLimitsOf(options.rateLimits),
    pictures: picture ?? null,
    embed: { provider: options.embed?.provider ?? 'auto', threads: options.embed?.threads ?? null, maxBatch },
  };
}
