import { setTimeout as sleep } from 'node:timers/promises';
import { SnapshelfError } from '../../errors.ts';
import type { Retriever } from '../../retrieval/index.ts';
import { version } from '../../version.ts';
import { isForeignHost } from '../access/hosts.ts';
import type { Readiness } from '../http/readiness.ts';
import { droppedLogLines } from '../logger.ts';
import type { Context } from './context.ts';
import { type Handler, route } from './route.ts';

/** Lists the open models, the indexes and the damaged collections. */
async function loaded(retriever: Retriever, sees: (collection: string) => boolean): Promise<object> {
  const { gallery } = retriever;
  const collections = (await gallery.collections()).filter(({ name }) => sees(name));
  const damaged = (await gallery.damaged()).map(({ name }) => name).filter(sees);
  const lagMs = await gallery.lagMs?.().catch(() => undefined);
  return {
    models: retriever.embedders().map(({ model, provider }) => ({ name: model.metadata.name, provider })),
    indexes: collections.map(({ name, index }) => ({ collection: name, ...index })),
    ...(damaged.length > 0 && { damaged }),
    ...(lagMs !== undefined && { lagMs: Math.round(lagMs) }),
    ...(droppedLogLines() > 0 && { droppedLogLines: droppedLogLines() }),
  };
}

/** Milliseconds that an engine elsewhere may take to answer a probe. */
const probeMs = 2000;

/** Returns the state at this moment: a server that was ready is so no more while its engine is away, or has a model that it lacks. */
async function now({ readiness, retriever }: Context): Promise<Readiness> {
  const state = readiness();
  if (!state.ready || retriever.gallery.kind === 'embedded') return state;
  const end = new AbortController();
  const late = sleep(probeMs, 'the engine, which gives no answer', { signal: end.signal }).catch(
    () => undefined,
  );
  const lacking = retriever.lacks().catch((error: Error) => `the engine (${error.message})`);
  const waitingFor = await Promise.race([lacking, late]);
  end.abort();
  return waitingFor === undefined ? state : { ready: false, waitingFor };
}

/** A process whose gallery has no thread does not live, though one may be about to start. */
const live =
  ({ retriever }: Context): Handler<'/health/live', 'get'> =>
  (_request, response) => {
    if (!retriever.gallery.isAlive)
      throw new SnapshelfError(
        'worker-died',
        'The thread of the gallery has died, and no other has started yet.',
      );
    response.json({ live: true });
  };

/** Adds `/`, `/health/live`, `/health/ready` and `/metrics`. */
export function healthRoutes(context: Context): void {
  const { access, retriever, metrics } = context;
  route(context, '/', {
    get({ baseUrl }, response) {
      const links = {
        collections: `${baseUrl}/v1/collections`,
        models: `${baseUrl}/v1/models`,
        docs: `${baseUrl}/docs`,
        openapi: `${baseUrl}/openapi.json`,
        ready: `${baseUrl}/health/ready`,
        metrics: `${baseUrl}/metrics`,
      };
      response.json({ name: 'snapshelf', version, links });
    },
  });
  route(context, '/health/live', { get: live(context) });
  route(context, '/health/ready', {
    async get(request, response) {
      const { ready, waitingFor } = await now(context);
      // Probes may come from anywhere; only clients that may read learn what is missing.
      const mayRead = access.allows('read', request) && !isForeignHost(request);
      // What it waits for may be the name of a collection.
      const advice = mayRead && access.seesAll(request) ? ` It waits for ${waitingFor}.` : '';
      if (!ready)
        throw new SnapshelfError('not-ready', `The server is not ready.${advice}`, { details: { ready } });
      response.json({
        ready,
        ...(mayRead && (await loaded(retriever, (name) => access.sees(name, request)))),
      });
    },
  });
  route(context, '/metrics', {
    async get(_request, response) {
      response.type(metrics.registry.contentType).send(await metrics.registry.metrics());
    },
  });
}
