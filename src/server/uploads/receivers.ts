import type { RequestHandler } from 'express';
import { maxQueryParts } from '../../engine/index.ts';
import type { Limits, RequestKind } from '../parsing/limits.ts';

/** Form fields of files, with the most files of each. */
export type FormFiles = Readonly<Record<string, number>>;

/** The middleware that receives the body of each kind of request that has one. */
export type Receivers = Readonly<
  Record<Exclude<RequestKind, 'list' | 'picture' | 'duplicates' | 'foundDuplicates'>, RequestHandler[]>
>;

/** Makes the receivers of all kinds of requests that have a body. */
export const receiversOf = (
  receive: (kind: RequestKind, files?: FormFiles, fileBytes?: number) => RequestHandler[],
  limits: Limits,
): Receivers => ({
  collection: receive('collection'),
  reindex: receive('reindex'),
  item: receive('item', { image: 1 }),
  update: receive('update'),
  updates: receive('updates'),
  delete: receive('delete'),
  facets: receive('facets'),
  search: receive('search', { image: 1, images: maxQueryParts }),
  embedding: receive('embedding', { image: 1 }),
  batch: receive('batch', { images: limits.batchImages }),
  vectors: receive('vectors', { vectors: 1, items: 1 }, limits.batchBytes),
  searches: receive('searches'),
  comparison: receive('comparison', { images: 2 }),
  explanation: receive('explanation', { image: 1 }),
  evaluation: receive('evaluation'),
  calibration: receive('calibration'),
  findDuplicates: receive('findDuplicates'),
  webhook: receive('webhook'),
  importReport: receive('importReport'),
});
