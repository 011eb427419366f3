import type { RequestHandler } from 'express';
import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Retriever } from '../../retrieval/index.ts';
import type { AuditLog } from '../access/audit-log.ts';
import { droppedLogLines } from '../logger.ts';
import { hasLeft, onFinished } from './request-scope.ts';

/** The registry that Prometheus reads, and the middleware that measures requests. */
export interface Metrics {
  readonly registry: Registry;
  readonly measure: RequestHandler;
}

function measureRequests(registry: Registry): RequestHandler {
  const durations = new Histogram({
    name: 'snapshelf_http_request_duration_seconds',
    help: 'Time from the first byte of a request to the last of its answer.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  });
  return (request, response, next) => {
    const end = durations.startTimer();
    onFinished(response, () => {
      // The route's pattern, because there are as many paths as items.
      const route = typeof request.route?.path === 'string' ? request.route.path : 'none';
      end({ method: request.method, route, status: hasLeft(response) ? 499 : response.statusCode });
    });
    next();
  };
}

type Read = (retriever: Retriever) => Promise<Iterable<readonly [string, number]>>;

const collections =
  (value: (info: Awaited<ReturnType<Retriever['gallery']['collections']>>[number]) => number): Read =>
  async ({ gallery }) =>
    (await gallery.collections()).map((info) => [info.name, value(info)] as const);

const embedders =
  (value: (stats: ReturnType<Retriever['embedders']>[number]['stats']) => number): Read =>
  async (retriever) =>
    retriever.embedders().map(({ model, stats }) => [model.metadata.name, value(stats)] as const);

/** The gauges by name, each with its help text, its label and its values. */
const gauges: Readonly<Record<string, readonly [help: string, label: string, read: Read]>> = {
  items: ['Items of a collection.', 'collection', collections(({ items }) => items)],
  collection_damaged: [
    '1 for a collection whose files are damaged.',
    'collection',
    async ({ gallery }) => (await gallery.damaged()).map(({ name }) => [name, 1] as const),
  ],
  index_ready: [
    '1 if the index of a collection is complete.',
    'collection',
    collections(({ index }) => Number(index.state === 'ready')),
  ],
  vectors_bytes: [
    'Memory that the vectors of a collection take.',
    'collection',
    collections(({ memory }) => memory?.vectors ?? 0),
  ],
  columns_bytes: [
    'Memory that the fields of a collection take which filters, facets and grouping have asked for.',
    'collection',
    collections(({ memory }) => memory?.columns ?? 0),
  ],
  index_bytes: [
    'Memory that the search index of a collection takes, at least.',
    'collection',
    collections(({ memory }) => memory?.index ?? 0),
  ],
  index_deleted_share: [
    'Share of deleted vectors in the index.',
    'collection',
    collections(({ index }) => index.deletedShare),
  ],
  queue_images: ['Images that wait to be embedded.', 'model', embedders(({ queued }) => queued)],
  running_images: ['Images being embedded.', 'model', embedders(({ running }) => running)],
  embedded_images: ['Images embedded since the start.', 'model', embedders(({ images }) => images)],
  embedded_batches: ['Batches embedded since the start.', 'model', embedders(({ batches }) => batches)],
  worker_restarts: [
    'Worker threads that were replaced since the start.',
    'model',
    embedders(({ restarts }) => restarts),
  ],
};

function measureLag(registry: Registry, { gallery }: Retriever): void {
  if (gallery.lagMs === undefined) return;
  new Gauge({
    name: 'snapshelf_engine_lag_seconds',
    help: 'Seconds that searches are behind writes, where a replica of the engine answers them; none where nobody knows.',
    registers: [registry],
    async collect() {
      this.reset();
      const lag = await gallery.lagMs?.().catch(() => undefined);
      if (lag !== undefined) this.set(lag / 1000);
    },
  });
}

/** Creates the metrics of one server: requests, the queue of the models, collections, and Node's own (event loop, memory). */
export function createMetrics(retriever: Retriever, audit?: AuditLog): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  for (const [name, [help, label, read]] of Object.entries(gauges))
    new Gauge({
      name: `snapshelf_${name}`,
      help,
      labelNames: [label],
      registers: [registry],
      async collect() {
        this.reset();
        for (const [key, value] of await read(retriever)) this.set({ [label]: key }, value);
      },
    });
  measureLag(registry, retriever);
  new Gauge({
    name: 'snapshelf_log_lines_dropped',
    help: 'Lines of the log that could not be written since the start, as on a full disk.',
    registers: [registry],
    collect() {
      this.set(droppedLogLines());
    },
  });
  if (audit !== undefined)
    new Gauge({
      name: 'snapshelf_audit_lines_dropped',
      help: 'Lines of the log of changes that could not be written since the start, as on a full disk.',
      registers: [registry],
      collect() {
        this.set(audit.dropped);
      },
    });
  return { registry, measure: measureRequests(registry) };
}
