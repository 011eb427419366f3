import type { Calls } from './calls.ts';
import { ConnectionError } from './client-errors.ts';
import { ItemClient } from './item-client.ts';
import { jsonOf } from './pictures.ts';
import type { CallOptions } from './send.ts';
import type * as types from './types.ts';

type Inputs = types.RequestInputs;
type Answer<Id extends Parameters<Calls['json']>[0]> = Promise<types.AnswerOf<Id>>;

const readText = (response: Response): Promise<string> => response.text();

/** Returns a stream whose errors are those of the client: a connection that is lost is a `ConnectionError`. */
function withErrors(stream: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  const reader = stream.getReader();
  return new ReadableStream({
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (done) controller.close();
        else controller.enqueue(value);
      } catch (cause) {
        if (!(cause instanceof TypeError)) throw cause;
        throw new ConnectionError('The connection was lost before the end.', { cause });
      }
    },
    cancel: (reason) => reader.cancel(reason),
  });
}

/**
 * A client of the HTTP API, for Node and browsers. Its methods are named as the operations of the OpenAPI document; each takes the
 * parameters of the path, then the fields of the request, then options of the call.
 *
 * @throws ClientError (of each method) an error with a `code`.
 * @example
 * import { SnapshelfClient } from 'snapshelf/client';
 *
 * const client = new SnapshelfClient('https://search.shop.example', { key: 'a key' });
 * const { results } = await client.search('shop', { image: new URL('https://img.example/mug.jpg'), k: 8 });
 * for (const { item, score } of results) console.log(item.productId, score);
 */
export class SnapshelfClient extends ItemClient {
  listCollections(options?: CallOptions): Answer<'listCollections'> {
    return this.calls.json('listCollections', [], {}, options);
  }

  getCollection(collection: string, options?: CallOptions): Answer<'getCollection'> {
    return this.calls.json('getCollection', [collection], {}, options);
  }

  /** Creates a collection, or answers the one that has these settings. */
  createCollection(
    collection: string,
    settings: types.CollectionSettings = {},
    options?: CallOptions,
  ): Answer<'createCollection'> {
    return this.calls.json('createCollection', [collection], { body: jsonOf(settings) }, options);
  }

  deleteCollection(collection: string, options?: CallOptions): Answer<'deleteCollection'> {
    return this.calls.json('deleteCollection', [collection], {}, options);
  }

  listModels(options?: CallOptions): Answer<'listModels'> {
    return this.calls.json('listModels', [], {}, options);
  }

  startReindex(
    collection: string,
    fields: Inputs['reindex'] = {},
    options?: CallOptions,
  ): Answer<'startReindex'> {
    return this.calls.json('startReindex', [collection], { body: jsonOf(fields) }, options);
  }

  getReindex(collection: string, options?: CallOptions): Answer<'getReindex'> {
    return this.calls.json('getReindex', [collection], {}, options);
  }

  cancelReindex(collection: string, options?: CallOptions): Answer<'cancelReindex'> {
    return this.calls.json('cancelReindex', [collection], {}, options);
  }

  startCalibration(
    collection: string,
    fields: Inputs['calibration'] = {},
    options?: CallOptions,
  ): Answer<'startCalibration'> {
    return this.calls.json('startCalibration', [collection], { body: jsonOf(fields) }, options);
  }

  getCalibration(collection: string, options?: CallOptions): Answer<'getCalibration'> {
    return this.calls.json('getCalibration', [collection], {}, options);
  }

  deleteCalibration(collection: string, options?: CallOptions): Answer<'deleteCalibration'> {
    return this.calls.json('deleteCalibration', [collection], {}, options);
  }

  getCalibrationReport(collection: string, options?: CallOptions): Answer<'getCalibrationReport'> {
    return this.calls.json('getCalibrationReport', [collection], {}, options);
  }

  /** Returns the report of a calibration as a page of HTML. */
  getCalibrationPage(collection: string, options: CallOptions = {}): Promise<string> {
    return this.calls.send('getCalibrationReport', [collection], { accept: 'text/html' }, options, readText);
  }

  startDuplicates(
    collection: string,
    fields: Inputs['findDuplicates'] = {},
    options?: CallOptions,
  ): Answer<'startDuplicates'> {
    return this.calls.json('startDuplicates', [collection], { body: jsonOf(fields) }, options);
  }

  getFoundDuplicates(
    collection: string,
    query?: Inputs['foundDuplicates'],
    options?: CallOptions,
  ): Answer<'getFoundDuplicates'> {
    return this.calls.json('getFoundDuplicates', [collection], { query }, options);
  }

  deleteDuplicates(collection: string, options?: CallOptions): Answer<'deleteDuplicates'> {
    return this.calls.json('deleteDuplicates', [collection], {}, options);
  }

  startEvaluation(
    collection: string,
    fields: Inputs['evaluation'] = {},
    options?: CallOptions,
  ): Answer<'startEvaluation'> {
    return this.calls.json('startEvaluation', [collection], { body: jsonOf(fields) }, options);
  }

  listEvaluations(collection: string, options?: CallOptions): Answer<'listEvaluations'> {
    return this.calls.json('listEvaluations', [collection], {}, options);
  }

  getEvaluation(collection: string, evaluation: string, options?: CallOptions): Answer<'getEvaluation'> {
    return this.calls.json('getEvaluation', [collection, evaluation], {}, options);
  }

  /** Cancels an evaluation, or removes one that is over. */
  deleteEvaluation(
    collection: string,
    evaluation: string,
    options?: CallOptions,
  ): Answer<'deleteEvaluation'> {
    return this.calls.json('deleteEvaluation', [collection, evaluation], {}, options);
  }

  getReport(collection: string, evaluation: string, options?: CallOptions): Answer<'getReport'> {
    return this.calls.json('getReport', [collection, evaluation], {}, options);
  }

  /** Returns the report as a page of HTML. */
  getReportPage(collection: string, evaluation: string, options: CallOptions = {}): Promise<string> {
    return this.calls.send('getReport', [collection, evaluation], { accept: 'text/html' }, options, readText);
  }

  listWebhooks(options?: CallOptions): Answer<'listWebhooks'> {
    return this.calls.json('listWebhooks', [], {}, options);
  }

  /** Registers an address that is told when jobs and imports are over. Its `secret` is answered now and never again. */
  createWebhook(settings: Inputs['webhook'], options?: CallOptions): Answer<'createWebhook'> {
    return this.calls.json('createWebhook', [], { body: jsonOf(settings) }, options);
  }

  getWebhook(webhook: string, options?: CallOptions): Answer<'getWebhook'> {
    return this.calls.json('getWebhook', [webhook], {}, options);
  }

  deleteWebhook(webhook: string, options?: CallOptions): Answer<'deleteWebhook'> {
    return this.calls.json('deleteWebhook', [webhook], {}, options);
  }

  /** Sends an event of the type `webhook.test`. */
  testWebhook(webhook: string, options?: CallOptions): Answer<'testWebhook'> {
    return this.calls.json('testWebhook', [webhook], {}, options);
  }

  /** Lists what was sent to a webhook, or will be, the newest first. */
  listDeliveries(webhook: string, options?: CallOptions): Answer<'listDeliveries'> {
    return this.calls.json('listDeliveries', [webhook], {}, options);
  }

  /** Sends a delivery again, under the same id. */
  retryDelivery(webhook: string, delivery: string, options?: CallOptions): Answer<'retryDelivery'> {
    return this.calls.json('retryDelivery', [webhook, delivery], {}, options);
  }

  getStart(options?: CallOptions): Answer<'getStart'> {
    return this.calls.json('getStart', [], {}, options);
  }

  getOpenApi(options?: CallOptions): Answer<'getOpenApi'> {
    return this.calls.json('getOpenApi', [], {}, options);
  }

  getDocs(options: CallOptions = {}): Promise<string> {
    return this.calls.send('getDocs', [], { accept: 'text/html' }, options, readText);
  }

  getLive(options?: CallOptions): Answer<'getLive'> {
    return this.calls.json('getLive', [], {}, { retries: 0, ...options });
  }

  /** Says whether the server is ready; one that is not is the error `not-ready`, which is not tried again unless `retries` says so. */
  getReady(options?: CallOptions): Answer<'getReady'> {
    return this.calls.json('getReady', [], {}, { retries: 0, ...options });
  }

  /** Lists the last requests that were answered with a problem. */
  listProblems(options?: CallOptions): Answer<'listProblems'> {
    return this.calls.json('listProblems', [], {}, options);
  }

  getMetrics(options: CallOptions = {}): Promise<string> {
    return this.calls.send('getMetrics', [], { accept: 'text/plain' }, options, readText);
  }

  /** Returns the bytes of a backup as they come. `timeoutMs` is for their beginning. */
  getBackup(options: CallOptions = {}): Promise<ReadableStream<Uint8Array>> {
    const accept = 'application/x-tar';
    return this.calls.send('getBackup', [], { accept }, options, async ({ body }) =>
      withErrors(body ?? new Blob([]).stream()),
    );
  }
}
