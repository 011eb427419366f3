import { z } from 'zod';
import { indexInfo, link, listOf } from './answer-parts.ts';
import type { Operations } from './operation.ts';
import { errorCode, problemSchema } from './problem-schema.ts';
import { embeddingAnswer } from './search-answers.ts';

const start = z.strictObject({
  name: z.literal('snapshelf'),
  version: z.string(),
  links: z.record(z.string(), link),
});

const ready = z.strictObject({
  ready: z.boolean(),
  models: listOf(z.strictObject({ name: z.string(), provider: z.string() })).optional(),
  indexes: listOf(indexInfo.extend({ collection: z.string() })).optional(),
  damaged: listOf(z.string()).optional().describe('Damaged collections.'),
  lagMs: z
    .int()
    .optional()
    .describe('Milliseconds that searches are behind writes, where a replica of the engine answers them.'),
  droppedLogLines: z.int().optional(),
});

const models = z.strictObject({
  models: listOf(
    z.strictObject({
      id: z.string().describe('SHA-256 of its file.'),
      name: z.string(),
      dimension: z.int(),
      default: z.boolean().describe('True for the model of new collections that name none.'),
    }),
  ),
  damaged: listOf(z.strictObject({ file: z.string(), error: problemSchema })).optional(),
});

const problems = z.strictObject({
  problems: listOf(
    z
      .strictObject({
        time: z.iso.datetime(),
        status: z.int(),
        code: errorCode,
        requestId: z.string().describe('The `X-Request-Id` of the answer, which the log has too.'),
        route: z.string().nullable().describe('Method and route; null where there is no such route.'),
      })
      .meta({ id: 'RecentProblem' }),
  ),
});

/** The operations of the service as a whole. */
export const serviceOperations = {
  '/': {
    get: {
      id: 'getStart',
      need: 'always',
      summary: 'Says what this is and where to go on.',
      answers: { 200: start },
    },
  },
  '/openapi.json': {
    get: {
      id: 'getOpenApi',
      need: 'always',
      summary: 'Describes this API as an OpenAPI 3.1 document.',
      answers: { 200: z.looseObject({ openapi: z.string() }) },
    },
  },
  '/docs': {
    get: {
      id: 'getDocs',
      need: 'always',
      summary: 'Shows this documentation.',
      answers: { 200: { mediaTypes: ['text/html'], holds: 'A page.' } },
    },
  },
  '/health/live': {
    get: {
      id: 'getLive',
      need: 'always',
      summary: 'Answers as long as the process runs.',
      answers: { 200: z.strictObject({ live: z.literal(true) }) },
    },
  },
  '/health/ready': {
    get: {
      id: 'getReady',
      need: 'always',
      summary: 'Answers 200 once models and indexes are loaded.',
      answers: { 200: ready },
    },
  },
  '/metrics': {
    get: {
      id: 'getMetrics',
      need: 'read',
      summary: 'Measures for Prometheus.',
      answers: { 200: { mediaTypes: ['text/plain'], holds: 'Metrics in the text format of Prometheus.' } },
    },
  },
  '/v1/embeddings': {
    post: {
      id: 'embed',
      need: 'read',
      summary: 'Embeds a picture and answers its raw vector.',
      takes: 'embedding',
      pictures: 'image',
      answers: { 200: embeddingAnswer },
      errors: ['collection-not-found', 'id-invalid', 'model-not-found', 'no-feature-map', 'gallery-damaged'],
    },
  },
  '/v1/backup': {
    get: {
      id: 'getBackup',
      need: 'admin',
      summary: 'Sends all collections and models as one tar archive.',
      answers: { 200: { mediaTypes: ['application/x-tar'], holds: 'A backup.' } },
      errors: ['origin-not-allowed', 'disk-full', 'gallery-damaged'],
    },
  },
  '/v1/problems': {
    get: {
      id: 'listProblems',
      need: 'admin',
      summary: 'Lists the last requests that were answered with a problem, the newest first.',
      answers: { 200: problems },
    },
  },
  '/v1/models': {
    get: {
      id: 'listModels',
      need: 'read',
      summary: 'Lists the models that collections can be made with.',
      answers: { 200: models },
    },
  },
} as const satisfies Operations;
