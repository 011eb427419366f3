import { z } from 'zod';
import { type ErrorCode, errorCatalogue } from '../../errors.ts';
import type { Problem } from '../http/problem.ts';
import { problemDetails } from '../http/problem-details.ts';

/** The schema of an error's code. */
export const errorCode = z.enum(Object.keys(errorCatalogue) as [ErrorCode, ...ErrorCode[]]);
const text = z.string().optional();

/** The schema of a problem: RFC 9457 with the stable code. */
export const problemSchema: z.ZodType<Problem> = z
  .strictObject({
    type: z.string().describe('`urn:snapshelf:error:` and the code.'),
    title: z.string().describe('What the code means.'),
    status: z.int().min(400).max(599),
    detail: z.string().describe('What happened, and what to do.'),
    code: errorCode.describe('Decide by this.'),
    instance: text.describe('The id of the request.'),
    ...problemDetails,
  })
  .meta({ id: 'Problem' });
