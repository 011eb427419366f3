import { z } from 'zod';
import { itemAnswer, listOf, page, storedResult, told, writtenItem } from './answer-parts.ts';
import type { Method, Operation, Operations } from './operation.ts';
import { problemSchema } from './problem-schema.ts';

const failed = z.strictObject({ id: z.string(), status: z.int(), error: problemSchema });

const itemResult = z.union([storedResult, failed]);

/** The result of an item of a batch. */
export type ItemResult = z.infer<typeof itemResult>;

const batch = z
  .strictObject({
    stored: z.int().min(0),
    failed: z.int().min(0),
    added: z.int().min(0),
    replaced: listOf(z.string()).describe('The ids of items that were there and differed.'),
    unchanged: z.int().min(0),
    ...told,
    results: listOf(itemResult).describe('One for each picture, in the order they were sent.'),
  })
  .meta({ id: 'BatchResult' });

const vectors = z
  .strictObject({
    stored: z.int().min(0),
    failed: z.int().min(0),
    added: z.int().min(0),
    replaced: listOf(z.string()).describe('The ids of items that were there and differed.'),
    unchanged: z.int().min(0),
    ...told,
    failures: listOf(
      z.strictObject({
        row: z.int().min(0).describe('From 0.'),
        id: z.string().nullable().describe('null where its line has none.'),
        error: problemSchema,
      }),
    ).describe('The rows that were not stored.'),
  })
  .meta({ id: 'VectorsResult' });

const updates = z
  .strictObject({ updated: z.int().min(0), unchanged: z.int().min(0), ...told, items: listOf(itemAnswer) })
  .meta({ id: 'UpdateResult' });

const fieldErrors = ['item-invalid', 'field-type-mismatch'] as const;

const conditions = ['If-Match', 'If-None-Match'] as const;

/** The methods of one item. */
const item = {
  get: {
    id: 'getItem',
    need: 'read',
    summary: 'Describes an item.',
    answers: { 200: itemAnswer },
    errors: ['item-not-found'],
  },
  put: {
    id: 'putItem',
    need: 'write',
    summary: 'Stores a picture with its fields, in place of the item that has the id.',
    takes: 'item',
    pictures: 'image',
    answers: { 200: writtenItem, 201: writtenItem },
    errors: [...fieldErrors, 'url-refused', 'url-failed', 'item-changed'],
    headers: conditions,
  },
  patch: {
    id: 'updateItem',
    need: 'write',
    summary: 'Changes fields of an item and leaves its picture as it is.',
    takes: 'update',
    answers: { 200: writtenItem },
    errors: [...fieldErrors, 'item-not-found', 'item-changed'],
    headers: ['If-Match'],
  },
  delete: {
    id: 'deleteItem',
    need: 'write',
    summary: 'Removes an item.',
    answers: { 204: null },
    errors: ['item-not-found', 'item-changed'],
    headers: ['If-Match'],
  },
} as const satisfies Partial<Record<Method, Operation>>;

const { get, put, patch, delete: remove } = item;

const picture = { mediaTypes: ['image/*'], holds: 'The picture as it is stored.' } as const;
const small = { mediaTypes: ['image/jpeg'], holds: 'A JPEG.' } as const;

/** The operations of items. */
export const itemOperations = {
  '/v1/collections/:collection/items': {
    get: {
      id: 'listItems',
      need: 'read',
      summary: 'Lists items by id, page by page.',
      takes: 'list',
      answers: { 200: z.strictObject({ items: listOf(itemAnswer), ...page }).meta({ id: 'ItemPage' }) },
      lines: itemAnswer,
      errors: ['filter-invalid', 'cursor-invalid'],
    },
    patch: {
      id: 'updateItems',
      need: 'write',
      summary: 'Changes fields of several items: all or none.',
      takes: 'updates',
      answers: { 200: updates },
      errors: [...fieldErrors, 'item-not-found'],
    },
  },
  // An item may be called like these routes.
  '/v1/collections/:collection/items/batch': {
    post: {
      id: 'putItems',
      need: 'write',
      summary: 'Stores several pictures, each with a result of its own.',
      takes: 'batch',
      pictures: 'images',
      headers: ['Idempotency-Key'],
      answers: { 200: batch },
      errors: fieldErrors,
    },
    get: { ...get, id: 'getItemBatch', summary: 'Describes the item of the id "batch".' },
    put: { ...put, id: 'putItemBatch', summary: 'Stores the item of the id "batch".' },
    patch: { ...patch, id: 'updateItemBatch', summary: 'Changes the item of the id "batch".' },
    delete: { ...remove, id: 'deleteItemBatch', summary: 'Removes the item of the id "batch".' },
  },
  '/v1/collections/:collection/items/vectors': {
    post: {
      id: 'putVectors',
      need: 'write',
      summary:
        'Stores items by vectors that the model of the collection has made elsewhere, without pictures.',
      takes: 'vectors',
      files: {
        vectors: {
          mediaTypes: ['application/octet-stream'],
          holds: 'float32[N,D], little-endian, row by row; or a .npy file of float32 or float16 in C order.',
        },
        items: {
          mediaTypes: ['application/x-ndjson'],
          holds:
            'N lines, line i for row i: {"id", "productId", "label", "split", "metadata"}; all but the id may be left out.',
        },
      },
      headers: ['Idempotency-Key'],
      answers: { 200: vectors },
      errors: [
        'field-type-mismatch',
        'dimension-mismatch',
        'model-not-found',
        'model-mismatch',
        'source-invalid',
      ],
    },
    get: { ...get, id: 'getItemVectors', summary: 'Describes the item of the id "vectors".' },
    put: { ...put, id: 'putItemVectors', summary: 'Stores the item of the id "vectors".' },
    patch: { ...patch, id: 'updateItemVectors', summary: 'Changes the item of the id "vectors".' },
    delete: { ...remove, id: 'deleteItemVectors', summary: 'Removes the item of the id "vectors".' },
  },
  '/v1/collections/:collection/items/delete': {
    post: {
      id: 'deleteItems',
      need: 'write',
      summary: 'Deletes the items of some ids, of a filter or of a product.',
      takes: 'delete',
      headers: ['Idempotency-Key'],
      answers: { 200: z.strictObject({ deleted: z.int().min(0) }) },
      errors: ['filter-invalid'],
    },
    get: { ...get, id: 'getItemDelete', summary: 'Describes the item of the id "delete".' },
    put: { ...put, id: 'putItemDelete', summary: 'Stores the item of the id "delete".' },
    patch: { ...patch, id: 'updateItemDelete', summary: 'Changes the item of the id "delete".' },
    delete: { ...remove, id: 'deleteItemDelete', summary: 'Removes the item of the id "delete".' },
  },
  '/v1/collections/:collection/items/:id': item,
  '/v1/collections/:collection/items/:id/image': {
    get: {
      id: 'getImage',
      need: 'search',
      summary: 'Sends the picture of an item.',
      takes: 'picture',
      query: ['hash'],
      answers: { 200: picture },
      errors: ['item-not-found', 'image-not-stored'],
    },
  },
  '/v1/collections/:collection/items/:id/thumbnail': {
    get: {
      id: 'getThumbnail',
      need: 'search',
      summary: 'Sends a small picture of an item.',
      takes: 'picture',
      answers: { 200: small },
      errors: ['item-not-found', 'image-not-stored'],
    },
  },
} as const satisfies Operations;
