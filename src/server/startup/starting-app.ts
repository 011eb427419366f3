import type { Express } from 'express';
import { SnapshelfError } from '../../errors.ts';
import type { Origins } from '../access/origins.ts';
import { type BaseAppOptions, createBaseApp } from '../http/base-app.ts';
import { addPage } from '../page/send-page.ts';

/** Creates the application that answers while the gallery is being loaded: only `/health/live` and the page work. */
export const startingApp = (options: BaseAppOptions, origins: Origins): Express =>
  createBaseApp(options, (app) => {
    app.use(origins.share());
    addPage(app);
    app.get('/health/live', (_request, response) => void response.json({ live: true }));
    app.use(() => {
      throw new SnapshelfError('not-ready', 'The gallery is being loaded. Try again soon.');
    });
  });

/** Creates the application that answers on a connection that is one too many. */
export const crowdedApp = (options: BaseAppOptions): Express =>
  createBaseApp(options, (app) => {
    app.use((_request, response) => {
      response.set('Connection', 'close');
      throw new SnapshelfError(
        'too-many-connections',
        'The server has as many connections as it takes. Try again later, with fewer at a time.',
        { details: { retryAfterSeconds: 5 } },
      );
    });
  });

/** Creates the application that refuses requests for a host that the server does not answer to. */
export const refusingApp = (options: BaseAppOptions): Express =>
  createBaseApp(options, (app) => {
    app.use(({ headers }) => {
      const host = JSON.stringify(headers.host?.slice(0, 300) ?? null);
      throw new SnapshelfError(
        'host-not-allowed',
        `This server does not answer to the host ${host}. The operator can add the name to allowHosts.`,
      );
    });
  });
