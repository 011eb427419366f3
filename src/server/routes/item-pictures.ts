import type { Engine, Item } from '../../engine/index.ts';
import { SnapshelfError } from '../../errors.ts';
import { decodeImage, inDecodingTurn, readHeader, thumbnail as reduce } from '../../image/index.ts';
import { scopeOf } from '../http/request-scope.ts';
import { sendParts } from '../http/send-parts.ts';
import { storedSize } from '../parsing/thumbnail-sizes.ts';
import type { Context } from './context.ts';
import { pictureHeaders } from './item-answers.ts';
import { type Handler, parameter, route } from './route.ts';

type ItemPath = '/v1/collections/:collection/items/:id';

/** Sends the picture of an item as it is stored, part by part. */
const image =
  ({ retriever: { gallery }, uploads }: Context): Handler<`${ItemPath}/image`, 'get'> =>
  async (request, response) => {
    const { hash: asked } = await uploads.fields('picture', request, response);
    const collection = parameter(request, 'collection');
    const picture = await gallery.picture(collection, parameter(request, 'id'));
    const { mediaType, byteLength, sequence, hash } = picture;
    const isSame = hash !== '' && asked === hash;
    if (pictureHeaders(response, { mediaType, tag: hash || `change-${sequence}`, isForever: isSame })) return;
    if (request.method === 'HEAD') return void response.set('Content-Length', String(byteLength)).end();
    await sendParts(response, gallery.pictureParts(collection, picture), byteLength);
  };

/** Returns the smallest stored picture of an item that has the pixels for a size: the thumbnail, or the picture itself. */
async function sourceOf(gallery: Engine, collection: string, item: Item, size: number): Promise<Uint8Array> {
  const isThumbnail = size <= storedSize && item.hasThumbnail;
  const { bytes } = await (isThumbnail
    ? gallery.thumbnail(collection, item.id)
    : gallery.image(collection, item.id));
  return bytes;
}

/** Makes a small picture, after the pictures of searches. */
async function reduced(source: Uint8Array, size: number, signal: AbortSignal): Promise<Uint8Array> {
  const { width, height } = await readHeader(source);
  const make = async (): Promise<Uint8Array> => reduce(await decodeImage(source, { signal }), size);
  return inDecodingTurn(make, { pixels: width * height, priority: 'middle', signal });
}

/** Sends a small picture of an item. Sizes but the stored one are made as they are asked for; clients keep them. */
const thumbnail =
  ({ retriever: { gallery }, uploads }: Context): Handler<`${ItemPath}/thumbnail`, 'get'> =>
  async (request, response) => {
    const { size = storedSize, hash: asked } = await uploads.fields('picture', request, response);
    const collection = parameter(request, 'collection');
    const item = await gallery.get(collection, parameter(request, 'id'));
    const { imageHash, sequence } = item;
    if (size === storedSize ? !item.hasThumbnail : !item.hasThumbnail && !item.hasImage)
      throw new SnapshelfError(
        'image-not-stored',
        `No picture of item ${JSON.stringify(item.id)} is stored.`,
      );
    const small = size === storedSize ? '-small' : `-${size}`;
    const tag = `${imageHash || `change-${sequence}`}${small}`;
    const isSame = imageHash !== '' && asked === imageHash;
    if (pictureHeaders(response, { mediaType: 'image/jpeg', tag, isForever: isSame })) return;
    const source = await sourceOf(gallery, collection, item, size);
    const { signal } = scopeOf(response);
    const bytes = size === storedSize ? source : await reduced(source, size, signal);
    response.send(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  };

/** Adds `/v1/collections/{collection}/items/{id}/image` and `/thumbnail`. */
export function pictureRoutes(context: Context): void {
  const { origins } = context;
  const path = '/v1/collections/:collection/items/:id';
  route(context, `${path}/image`, { get: [[origins.embed()], image(context)] });
  route(context, `${path}/thumbnail`, { get: [[origins.embed()], thumbnail(context)] });
}
