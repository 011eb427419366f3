import type { operations, Path } from '../server/operations/index.ts';

type Table = typeof operations;
type Entry<P extends Path> = {
  [M in keyof Table[P]]: { readonly method: M; readonly path: P; readonly operation: Table[P][M] };
}[keyof Table[P]];
type Entries = { [P in Path]: Entry<P> }[Path];
type Named<Id extends string> = Extract<Entries, { readonly operation: { readonly id: Id } }>;

/** Items of the ids "batch", "delete" and "vectors" have operations of their own in the document, because they share an address with others. */
type SharedAddress = `${string}Item${'Batch' | 'Delete' | 'Vectors'}`;

/** The name of an operation of the OpenAPI document. */
export type OperationId = Exclude<Entries['operation']['id'], SharedAddress>;

/** An operation as the server's table has it. */
export type OperationOf<Id extends OperationId> = Named<Id>['operation'];

type Routes = { readonly [Id in OperationId]: readonly [Named<Id>['method'], Named<Id>['path']] };

const c = '/v1/collections/:collection' as const;
const w = '/v1/webhooks' as const;

/** The method and the path of each operation, as the table of the server has them. */
export const routes = {
  getStart: ['get', '/'],
  getOpenApi: ['get', '/openapi.json'],
  getDocs: ['get', '/docs'],
  getLive: ['get', '/health/live'],
  getReady: ['get', '/health/ready'],
  getMetrics: ['get', '/metrics'],
  embed: ['post', '/v1/embeddings'],
  compare: ['post', '/v1/compare'],
  getBackup: ['get', '/v1/backup'],
  listProblems: ['get', '/v1/problems'],
  listModels: ['get', '/v1/models'],
  listWebhooks: ['get', w],
  createWebhook: ['post', w],
  getWebhook: ['get', `${w}/:webhook`],
  deleteWebhook: ['delete', `${w}/:webhook`],
  testWebhook: ['post', `${w}/:webhook/test`],
  listDeliveries: ['get', `${w}/:webhook/deliveries`],
  retryDelivery: ['post', `${w}/:webhook/deliveries/:delivery/retry`],
  listCollections: ['get', '/v1/collections'],
  getCollection: ['get', c],
  createCollection: ['put', c],
  deleteCollection: ['delete', c],
  getCalibration: ['get', `${c}/calibration`],
  startCalibration: ['post', `${c}/calibration`],
  deleteCalibration: ['delete', `${c}/calibration`],
  getCalibrationReport: ['get', `${c}/calibration/report`],
  getReindex: ['get', `${c}/reindex`],
  startReindex: ['post', `${c}/reindex`],
  cancelReindex: ['delete', `${c}/reindex`],
  search: ['post', `${c}/search`],
  searchBatch: ['post', `${c}/search/batch`],
  explainMatch: ['post', `${c}/search/explain`],
  getFacets: ['post', `${c}/facets`],
  listItems: ['get', `${c}/items`],
  updateItems: ['patch', `${c}/items`],
  putItems: ['post', `${c}/items/batch`],
  putVectors: ['post', `${c}/items/vectors`],
  deleteItems: ['post', `${c}/items/delete`],
  getItem: ['get', `${c}/items/:id`],
  putItem: ['put', `${c}/items/:id`],
  updateItem: ['patch', `${c}/items/:id`],
  deleteItem: ['delete', `${c}/items/:id`],
  getImage: ['get', `${c}/items/:id/image`],
  getThumbnail: ['get', `${c}/items/:id/thumbnail`],
  getDuplicates: ['get', `${c}/items/:id/duplicates`],
  getFoundDuplicates: ['get', `${c}/duplicates`],
  startDuplicates: ['post', `${c}/duplicates`],
  deleteDuplicates: ['delete', `${c}/duplicates`],
  listEvaluations: ['get', `${c}/evaluations`],
  startEvaluation: ['post', `${c}/evaluations`],
  getEvaluation: ['get', `${c}/evaluations/:evaluation`],
  deleteEvaluation: ['delete', `${c}/evaluations/:evaluation`],
  getReport: ['get', `${c}/evaluations/:evaluation/report`],
  finishImport: ['post', `${c}/imports`],
} as const satisfies Routes;

/**
 * Returns the path of an operation, below the address of the server, its parameters written out.
 * @throws TypeError for a parameter that would make it another path.
 */
export function pathOf(id: OperationId, parameters: readonly string[]): string {
  let at = 0;
  return routes[id][1].slice(1).replace(/:(\w+)/g, (_, name: string) => {
    const value = parameters[at++];
    // A URL with such a segment, encoded or not, is that of what stands above it.
    if (typeof value !== 'string' || /^\.{0,2}$/.test(value))
      throw new TypeError(
        `${name} must be a text other than '', '.' and '..', not ${JSON.stringify(value)}.`,
      );
    return encodeURIComponent(value);
  });
}
