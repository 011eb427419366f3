import { SnapshelfError } from '../../errors.ts';
import type { Retriever } from '../../retrieval/index.ts';
import { version } from '../../version.ts';
import type { GuardedRouter } from '../access/access.ts';
import { isForeignHost } from '../access/hosts.ts';
import type { Metrics } from '../http/metrics.ts';
import { route } from './route.ts';

/** Whether requests are served at full speed; `waitingFor` says what is not there yet. */
export interface Readiness {
  readonly ready: boolean;
  readonly waitingFor?: string | undefined;
}

/** `/`, `/health/live`, `/health/ready` and `/metrics`. */
export function healthRoutes(
  router: GuardedRouter,
  retriever: Retriever,
  metrics: Metrics,
  readiness: () => Readiness,
): void {
  route(router, '/', {
    get({ baseUrl }, response) {
      const links = {
        collections: `${baseUrl}/v1/collections`,
        ready: `${baseUrl}/health/ready`,
        metrics: `${baseUrl}/metrics`,
      };
      response.json({ name: 'snapshelf', version, links });
    },
  });
  route(router, '/health/live', { get: (_request, response) => void response.json({ live: true }) });
  route(router, '/health/ready', {
    async get(request, response) {
      const { ready, waitingFor } = readiness();
      // Probes may come from anywhere; what there is to be ready is told to those who may read it.
      const mayRead = router.access.allows('read') && !isForeignHost(request);
      const what = mayRead ? `: ${waitingFor}` : '';
      if (!ready) throw new SnapshelfError('not-ready', `not ready${what}`, { details: { ready } });
      if (!mayRead) {
        response.json({ ready });
        return;
      }
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
