/** A request that shows how an operation is used. A test sends them all, in this order. */
export interface Example {
  readonly path?: Readonly<Record<string, string>> | undefined;
  readonly query?: Readonly<Record<string, string | number | boolean>> | undefined;
  readonly body?: unknown;
  /** The status of its answer. Default 200. */
  readonly status?: number | undefined;
}

/** A picture of 8 × 8 pixels: half red, half blue. */
const picture =
  'iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAFUlEQVR42mP4z8DwHxkzMDAwDBsdAL0MP8HF+2sGAAAAAElFTkSuQmCC';
const collection = 'shop';
const path = { collection };
const item = { collection, id: 'mug-1.png' };

/** An example of each operation, by its id. */
export const examples: Readonly<Record<string, Example>> = {
  getStart: {},
  getLive: {},
  getReady: {},
  getMetrics: {},
  listModels: {},
  createCollection: { path, body: { metric: 'cosine' }, status: 201 },
  listCollections: {},
  getCollection: { path },
  putItem: {
    path: item,
    body: { image: picture, productId: 'mug', label: 'mugs', metadata: { price: 9.5 } },
    status: 201,
  },
  updateItem: { path: item, body: { metadata: { price: 8.5 } } },
  updateItems: { path, body: { items: [{ id: 'mug-1.png', label: 'cups' }] } },
  getItem: { path: item },
  listItems: { path, query: { limit: 10 } },
  getImage: { path: item },
  getThumbnail: { path: item },
  search: {
    path,
    query: { k: 5 },
    body: { image: picture, k: 5, filter: { field: 'metadata.price', lt: 20 } },
  },
  embed: { body: { image: picture, collection } },
};
