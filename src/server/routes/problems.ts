import type { Context } from './context.ts';
import { route } from './route.ts';

/** Adds `/v1/problems`: the last requests that were answered with a problem. */
export function problemRoutes(context: Context): void {
  route(context, '/v1/problems', {
    get: (_request, response) => void response.json({ problems: context.recent.list() }),
  });
}
