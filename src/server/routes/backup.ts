import type { RequestHandler } from 'express';
import { writeBackup } from '../../retrieval/index.ts';
import { queueFull } from '../http/queue-full.ts';
import { scopeOf } from '../http/request-scope.ts';
import type { Context } from './context.ts';
import { route } from './route.ts';

/** Adds `/v1/backup`: all collections and models as one tar archive, which is made as it is sent. */
export function backupRoutes(context: Context): void {
  const { retriever, origins } = context;
  // A page of another origin could not read it, but have it made.
  const requireOwn: RequestHandler = (request, _response, next) => {
    origins.requireOwn(request);
    next();
  };
  let isBusy = false;
  route(context, '/v1/backup', {
    get: [
      [requireOwn],
      async (request, response) => {
        const name = `snapshelf-${new Date().toISOString().slice(0, 10)}.tar`;
        response.type('application/x-tar').set('Cache-Control', 'no-store');
        if (request.method === 'HEAD') return void response.end();
        if (isBusy) throw queueFull('Another backup is being made. Try again when it is done.', 60);
        isBusy = true;
        response.attachment(name).type('application/x-tar');
        const { signal, stopClock } = scopeOf(response);
        stopClock();
        try {
          await writeBackup(retriever, response, { signal });
        } catch (error) {
          if (!response.headersSent) response.removeHeader('Content-Disposition');
          throw error;
        } finally {
          isBusy = false;
        }
      },
    ],
  });
}
