export type { ClientOptions, WriteOptions } from './calls.ts';
export { SnapshelfClient } from './client.ts';
export {
  AnswerError,
  ClientError,
  type ClientErrorCode,
  ConnectionError,
  PictureError,
  ProblemError,
  TimeoutError,
} from './client-errors.ts';
export type { FailedItem, ImportItem, ImportOptions, ImportProgress } from './import-items.ts';
export type { PagingOptions } from './item-client.ts';
export type { OperationId } from './routes.ts';
export type { CallOptions } from './send.ts';
export type * from './types.ts';
export type {
  ImportVectorsOptions,
  VectorImportProgress,
  VectorItemInput,
  VectorRows,
  VectorToImport,
} from './vectors.ts';
export { type VerifiedWebhook, type VerifyOptions, verifyWebhook, WebhookError } from './verify-webhook.ts';
