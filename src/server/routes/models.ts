import { problemOf, toSnapshelfError } from '../http/problem.ts';
import type { Context } from './context.ts';
import { route } from './route.ts';

/** Adds `/v1/models`: the models that collections can be made with. */
export function modelRoutes(context: Context): void {
  route(context, '/v1/models', {
    async get(_request, response) {
      const { models, damaged } = await context.models.list();
      response.json({
        models: models.map(({ id, name, dimension, isDefault }) => ({
          id,
          name,
          dimension,
          default: isDefault,
        })),
        ...(damaged.length > 0 && {
          damaged: damaged.map(({ file, error }) => ({ file, error: problemOf(toSnapshelfError(error)) })),
        }),
      });
    },
  });
}
