import type { RequestHandler } from 'express';
import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Retriever } from '../../retrieval/index.ts';
import { hasLeft, onceOver } from './request-scope.ts';

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
    onceOver(response, () => {
      // The route's pattern, because there are as many paths as items.
      const route = typeof request.route?.path === 'string' ? request.route.path : 'none';
      end({ method: request.method, route, status: hasLeft(response) ? 499 : response.statusCode });
    });
    next();
  };
}

type Read = (retriever: Retriever) => Promise<Iterable<readonly [string, number]>>;

function gauge(
  registry: Registry,
  retriever: Retriever,
  name: string,
  help: string,
  label: string,
  read: Read,
): void {
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
}

const collections =
  (value: (info: Awaited<ReturnType<Retriever['gallery']['collections']>>[number]) => number): Read =>
  async ({ gallery }) =>
    (await gallery.collections()).map((info) => [info.name, value(info)] as const);

const embedders =
  (value: (stats: ReturnType<Retriever['embedders']>[number]['stats']) => number): Read =>
  async (retriever) =>
    retriever.embedders().map(({ model, stats }) => [model.metadata.name, value(stats)] as const);

/** Metrics of one server: requests, the queue of the models, collections, and Node's own (event loop, memory). */
export function createMetrics(retriever: Retriever): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const add = (name: string, help: string, label: string, read: Read): void =>
    gauge(registry, retriever, name, help, label, read);
  add(
    'items',
    'Items of a collection.',
    'collection',
    collections(({ items }) => items),
  );
  add(
    'collection_damaged',
    '1 for a collection whose files are damaged.',
    'collection',
    async ({ gallery }) => (await gallery.damaged()).map(({ name }) => [name, 1] as const),
  );
  add(
    'index_ready',
    '1 when the index of a collection is complete.',
    'collection',
    collections(({ index }) => Number(index.state === 'ready')),
  );
  add(
    'index_deleted_share',
    'Share of deleted vectors in the index.',
    'collection',
    collections(({ index }) => index.deletedShare),
  );
  add(
    'queue_images',
    'Images that wait to be embedded.',
    'model',
    embedders(({ queued }) => queued),
  );
  add(
    'running_images',
    'Images being embedded.',
    'model',
    embedders(({ running }) => running),
  );
  add(
    'embedded_images',
    'Images embedded since the start.',
    'model',
    embedders(({ images }) => images),
  );
  add(
    'embedded_batches',
    'Batches embedded since the start.',
    'model',
    embedders(({ batches }) => batches),
  );
  add(
    'worker_restarts',
    'Workers that were replaced since the start.',
    'model',
    embedders(({ restarts }) => restarts),
  );
  return { registry, measure: measureRequests(registry) };
}
