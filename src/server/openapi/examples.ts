/** A request that shows how an operation is used. A test sends them all, in this order. */
export interface Example {
  readonly path?: Readonly<Record<string, string>> | undefined;
  readonly query?: Readonly<Record<string, string | number | boolean>> | undefined;
  readonly body?: unknown;
  /** The fields of a form; a value that begins with `@` is a file. Default: it is sent as JSON. */
  readonly form?: Readonly<Record<string, string>> | undefined;
  /** The status of its answer. Default 200. */
  readonly status?: number | undefined;
}

/** A picture of 8 × 8 pixels in base64: half red, half blue. */
export const examplePicture: string =
  'iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAFElEQVR42mP4z8AAR0jM/wxDSwIA6TA/wcg4RrMAAAAASUVORK5CYII=';
const picture = examplePicture;
const collection = 'shop';
const path = { collection };
const evaluation = { collection, evaluation: '6f1c2f6e-0f4b-4a57-9d55-1f3a4c1f0a10' };
const webhook = { webhook: '0f3a5c7e9b1d' };
const item = { collection, id: 'mug-1.png' };

/** An example of each operation, by its id. */
export const examples: Readonly<Record<string, Example>> = {
  getStart: {},
  getOpenApi: {},
  getDocs: {},
  getLive: {},
  getReady: {},
  getMetrics: {},
  listModels: {},
  listProblems: {},
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
    body: { image: picture, filter: { field: 'metadata.price', lt: 20 } },
  },
  getFacets: {
    path,
    body: {
      fields: [{ field: 'label' }, { field: 'metadata.price', ranges: [10, 50] }],
      filter: { field: 'metadata.price', exists: true },
    },
  },
  searchBatch: {
    path,
    body: {
      searches: [
        { itemId: 'mug-1.png', k: 2 },
        { image: picture, k: 2 },
      ],
    },
  },
  explainMatch: { path, body: { image: picture, match: 'mug-1.png' } },
  getDuplicates: { path: item, query: { threshold: 0.9 } },
  startDuplicates: { path, body: { threshold: 0.9 }, status: 202 },
  getFoundDuplicates: { path, query: { limit: 10 } },
  deleteDuplicates: { path, status: 204 },
  compare: { body: { images: [picture, picture], collection } },
  embed: { body: { image: picture, collection } },
  putItems: {
    path,
    form: { images: '@mug-2.png', items: '[{"id":"mug-2.png","productId":"mug","label":"cups"}]' },
  },
  putVectors: { path, form: { vectors: '@features.npy', items: '@items.jsonl', model: 'tiny' } },
  putItemVectors: { path, body: { image: picture }, status: 201 },
  getItemVectors: { path },
  updateItemVectors: { path, body: { label: 'cups' } },
  deleteItemVectors: { path, status: 204 },
  putItemBatch: { path, body: { image: picture }, status: 201 },
  getItemBatch: { path },
  updateItemBatch: { path, body: { label: 'cups' } },
  deleteItemBatch: { path, status: 204 },
  putItemDelete: { path, body: { image: picture }, status: 201 },
  getItemDelete: { path },
  updateItemDelete: { path, body: { label: 'cups' } },
  deleteItemDelete: { path, status: 204 },
  startCalibration: { path, body: { category: 'label', unknownShare: 0.3 }, status: 202 },
  getCalibration: { path },
  getCalibrationReport: { path },
  deleteCalibration: { path, status: 204 },
  startReindex: { path, body: {}, status: 202 },
  getReindex: { path },
  cancelReindex: { path },
  startEvaluation: { path, body: { ks: [1, 5] }, status: 202 },
  listEvaluations: { path },
  getEvaluation: { path: evaluation },
  getReport: { path: evaluation },
  deleteEvaluation: { path: evaluation, status: 204 },
  finishImport: { path, body: { added: 2, failed: 1 }, status: 202 },
  createWebhook: {
    body: { url: 'https://hooks.example/snapshelf', events: ['evaluation.finished'] },
    status: 201,
  },
  listWebhooks: {},
  getWebhook: { path: webhook },
  testWebhook: { path: webhook, status: 202 },
  listDeliveries: { path: webhook },
  retryDelivery: { path: { ...webhook, delivery: '5d41402abc4b2a76b9719d91' }, status: 202 },
  deleteWebhook: { path: webhook, status: 204 },
  getBackup: {},
  deleteItems: { path, body: { productId: 'cup' } },
  deleteItem: { path: item, status: 204 },
  deleteCollection: { path, status: 204 },
};
