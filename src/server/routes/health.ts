import type { Router } from 'express';
import { SnapshelfError } from '../../errors.ts';
import type { Retriever } from '../../retrieval/index.ts';
import { version } from '../../version.ts';
import type { Metrics } from '../metrics.ts';
import { route } from './route.ts';

/** Whether requests are served at full speed; `waitingFor` says what is not there yet. */
export interface Readiness {
  readonly ready: boolean;
  readonly waitingFor?: string | undefined;
}

/** `/`, `/health/live`, `/health/ready` and `/metrics`. */
export function healthRoutes(
  router: Router,
  retriever: Retriever,
  metrics: Metrics,
  readiness: () => Readiness,
): void {
  route(router, '/', {
    get(_request, response) {
      const links = { collections: '/v1/collections', ready: '/health/ready', metrics: '/metrics' };
      response.json({ name: 'snapshelf', version, links });
    },
  });
  route(router, '/health/live', { get: (_request, response) => void response.json({ live: true }) });
  route(router, '/health/ready', {
    async get(_request, response) {
      const { ready, waitingFor } = readiness();
      if (!ready) throw new SnapshelfError('not-ready', `not ready: ${waitingFor}`, { details: { ready } });
      const collections = await retriever.gallery.collections();
      const damaged = (await retriever.gallery.damaged()).map(({ name }) => name);
      const models = retriever
        .embedders()
        .map(({ model, provider }) => ({ name: model.metadata.name, provider }));
      response.json({
        ready,
        models,
        indexes: collections.map(({ name, index }) => ({ collection: name, ...index })),
        ...(damaged.length > 0 && { damaged }),
      });
    },
  });
  route(router, '/metrics', {
    async get(_request, response) {
      response.type(metrics.registry.contentType).send(await metrics.registry.metrics());
    },
  });
}
