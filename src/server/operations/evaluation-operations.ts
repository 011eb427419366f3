import { z } from 'zod';
import { requestOptions } from '../../eval/jobs/job-request.ts';
import { evaluationSchema } from '../../eval/report/evaluation-schema.ts';
import { jobSchema } from '../evaluations/evaluation-job.ts';
import { link, listOf } from './answer-parts.ts';
import type { Operations } from './operation.ts';

const links = z.strictObject({ self: link, report: link.optional() });

/** The links of an evaluation. */
export type JobLinks = z.infer<typeof links>;

const manifestEntries = z.int().min(0).optional().describe('Entries of its manifest.');
const filter = z.custom<object>().optional();

/** An evaluation without its filters, which may be large. */
const summary = jobSchema({ request: requestOptions.extend({ manifestEntries }), links }).meta({
  id: 'EvaluationSummary',
});
const whole = jobSchema({
  request: requestOptions.extend({ manifestEntries, query: filter, gallery: filter, filter }),
  links,
}).meta({ id: 'Evaluation' });
const started = jobSchema({
  request: requestOptions.extend({ manifestEntries }),
  links,
  notes: listOf(z.string()).optional(),
}).meta({ id: 'StartedEvaluation' });

/** The operations of evaluations. */
export const evaluationOperations = {
  '/v1/collections/:collection/evaluations': {
    get: {
      id: 'listEvaluations',
      need: 'admin',
      summary: 'Lists the evaluations of a collection.',
      answers: { 200: z.strictObject({ evaluations: listOf(summary) }) },
      lines: summary,
    },
    post: {
      id: 'startEvaluation',
      need: 'admin',
      summary: 'Measures the recall of a collection, in the background.',
      takes: 'evaluation',
      headers: ['Idempotency-Key'],
      answers: { 202: started },
      errors: ['item-not-found', 'filter-invalid', 'metric-mismatch', 'model-not-found'],
    },
  },
  '/v1/collections/:collection/evaluations/:evaluation': {
    get: {
      id: 'getEvaluation',
      need: 'admin',
      summary: 'Shows an evaluation.',
      answers: { 200: whole },
      errors: ['item-not-found'],
    },
    delete: {
      id: 'deleteEvaluation',
      need: 'admin',
      summary: 'Cancels an evaluation, or removes one that is over.',
      answers: { 200: summary, 204: null },
      errors: ['item-not-found'],
    },
  },
  '/v1/collections/:collection/evaluations/:evaluation/report': {
    get: {
      id: 'getReport',
      need: 'admin',
      summary: 'Sends the report of an evaluation, as JSON or as a page.',
      answers: { 200: { mediaTypes: ['text/html'], holds: 'The report as a page.', json: evaluationSchema } },
      errors: ['item-not-found', 'evaluation-pending', 'source-invalid', 'worker-died'],
    },
  },
} as const satisfies Operations;
