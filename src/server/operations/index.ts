import { calibrationOperations } from './calibration-operations.ts';
import { collectionOperations } from './collection-operations.ts';
import { evaluationOperations } from './evaluation-operations.ts';
import { itemOperations } from './item-operations.ts';
import type { Method, Operation } from './operation.ts';
import { searchOperations } from './search-operations.ts';
import { serviceOperations } from './service-operations.ts';
import { webhookOperations } from './webhook-operations.ts';

export type { AnswerBody, Method, Need, Operation } from './operation.ts';

/**
 * Every route with its methods: who may use them, what they take and what they answer. The router and the OpenAPI document
 * are made of it: `route` accepts no path, no method and no answer that is missing here. HEAD counts as GET. A method that needs
 * `write` or `admin` and is not GET changes something.
 */
export const operations = {
  ...serviceOperations,
  ...collectionOperations,
  ...calibrationOperations,
  ...searchOperations,
  ...itemOperations,
  ...evaluationOperations,
  ...webhookOperations,
} as const;

/** The path of a route. */
export type Path = keyof typeof operations;

/** All paths, in the order of the document. */
export const paths = Object.keys(operations) as Path[];

/** Lists the methods of a path with their operations. */
export function operationsOf(path: Path): [Method, Operation][] {
  const all: Readonly<Record<Path, Readonly<Partial<Record<Method, Operation>>>>> = operations;
  return Object.entries(all[path]) as [Method, Operation][];
}
