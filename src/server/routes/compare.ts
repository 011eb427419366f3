import { SnapshelfError } from '../../errors.ts';
import { scopeOf } from '../http/request-scope.ts';
import { picturesOf } from '../uploads/pictures.ts';
import type { Context } from './context.ts';
import { withCrops } from './query.ts';
import type { Handler } from './route.ts';

/** Returns the handler that compares two pictures. */
export const comparePictures =
  ({ access, retriever, models, uploads }: Context): Handler<'/v1/compare', 'post'> =>
  async (request, response) => {
    const fields = await uploads.fields('comparison', request, response);
    const { collection, model, metric, crops } = fields;
    if (collection !== undefined) access.requireCollection(collection, request);
    const images = picturesOf(request, fields.images) ?? [];
    const [one, other] = withCrops(images, crops);
    if (one === undefined || other === undefined)
      throw new SnapshelfError(
        'image-missing',
        'Send two pictures as files "images" of a form, or as base64 in the JSON field "images".',
      );
    if (collection !== undefined && model !== undefined)
      throw new SnapshelfError('request-invalid', 'Name a collection or a model, not both.');
    const { signal } = scopeOf(response);
    const modelId = model === undefined ? undefined : (await models.find(model)).id;
    response.json(await retriever.compare(one, other, { collection, modelId, metric, signal }));
  };
