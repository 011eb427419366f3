// The main module of a thread that turns large requests into objects, so that the main thread can serve others meanwhile.
import { serve, transfer } from '../../threads/index.ts';
import { readOldJob } from '../evaluations/old-job.ts';
import { toSnapshelfError } from '../http/problem.ts';
import { parseRequest } from './parse-request.ts';
import { buffersOf, type ParserOperations } from './parser-operations.ts';
import { readVectorRows } from './vector-rows.ts';

/** Returns the result of `parse` with its memory handed over. */
function answer<T extends object>(parse: () => T): T {
  try {
    const result = parse();
    return transfer(result, buffersOf(result));
  } catch (error) {
    throw toSnapshelfError(error);
  }
}

await serve<ParserOperations>(() => ({
  ready: undefined,
  handlers: {
    request: (kind, raw, limits) => answer(() => parseRequest(kind, raw, limits)),
    vectors: (files, rules) => answer(() => readVectorRows(files, rules)),
    oldJob: (bytes) => answer(() => readOldJob(bytes)),
  },
}));
