import { SnapshelfError } from '../../errors.ts';
import type { Retriever } from '../../retrieval/index.ts';
import { version } from '../../version.ts';
import type { GuardedRouter } from '../access/access.ts';
import { isForeignHost } from '../access/hosts.ts';
import type { Metrics } from '../http/metrics.ts';
import { route } from './route.ts';

/** True in `ready` if models and indexes are loaded; else `waitingFor` names what is missing. */
export interface Readiness {
  readonly ready: boolean;
  readonly waitingFor?: string | undefined;
}

/** Lists the open models, the indexes and the damaged collections. */
async function loaded(retriever: Retriever): Promise<object> {
  const { gallery } = retriever;
  const collections = await gallery.collections();
  const damaged = (await gallery.damaged()).map(({ name }) => name);
  return {
    models: retriever.embedders().map(({ model, provider }) => ({ name: model.metadata.name, provider })),
    indexes: collections.map(({ name, index }) => ({ collection: name, ...index })),
    ...(damaged.length > 0 && { damaged }),
  };
}

/** Adds `/`, `/health/live`, `/health/ready` and `/metrics`. */
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
      // Probes may come from anywhere; only clients that may read learn what is missing.
      const mayRead = router.access.allows('read') && !isForeignHost(request);
      const advice = mayRead ? ` It waits for ${waitingFor}.` : '';
      if (!ready)
        throw new SnapshelfError('not-ready', `The server is not ready.${advice}`, { details: { ready } });
      response.json({ ready, ...(mayRead && (await loaded(retriever))) });
    },
  });
  route(router, '/metrics', {
    async get(_request, response) {
      response.type(metrics.registry.contentType).send(await metrics.registry.metrics());
    },
  });
}
