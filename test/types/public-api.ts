// Type tests of what the package exports: the build compiles this file, nothing runs it. An expected error that is no
// error any more fails the build too.
import type { RequestListener } from 'node:http';
import type { RequestHandler } from 'express';
import { compareEvaluations, type Evaluation, type evaluate } from '../../src/eval/index.ts';
import { type ExportResult, exportModel } from '../../src/export/index.ts';
import {
  type ErrorCode,
  type Filter,
  type Hit,
  type Query,
  type RankedHit,
  type Retriever,
  type RetrieverAnswer,
  SnapshelfError,
} from '../../src/index.ts';
import type { decodeModel, encodeModel, ModelProto } from '../../src/onnx/index.ts';
import { createApp, type Level } from '../../src/server/index.ts';
import { type Recipe, recipeOf, type TrainResult, train } from '../../src/train/index.ts';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** Compiles only if the type argument is `true`. */
function expectTrue<_T extends true>(): void {}

/** Searching. */
export async function searching(retriever: Retriever): Promise<void> {
  expectTrue<Equal<Awaited<ReturnType<typeof Retriever.open>>, Retriever>>();
  const answer = await retriever.search('shop', { image: new Uint8Array() }, { k: 5, group: 'item' });
  expectTrue<Equal<typeof answer, RetrieverAnswer>>();
  expectTrue<Equal<(typeof answer.hits)[number], RankedHit>>();
  const [hit]: Hit[] = answer.hits;
  hit?.score.toFixed();
  expectTrue<Equal<Parameters<Retriever['search']>[1], Query>>();
  // @ts-expect-error a query is a picture, an item or a vector
  await retriever.search('shop', { picture: new Uint8Array() });
  // @ts-expect-error k is a number
  await retriever.search('shop', { itemId: 'a' }, { k: '5' });
  // @ts-expect-error answers are not to be changed
  answer.hits = [];
  await using _closed = retriever;
}

/** Filters. */
export const filters: Filter[] = [
  { field: 'metadata.price', lt: 20 },
  { and: [{ field: 'label', in: ['mug', 'cup'] }, { not: { field: 'split', exists: true } }] },
  // @ts-expect-error a condition names a field
  { equals: 1 },
];

/** Errors: a code is one of the catalogue. */
export function errors(error: SnapshelfError): ErrorCode {
  // @ts-expect-error there is no such code
  new SnapshelfError('no-such-code', 'No.');
  // @ts-expect-error codes are not compared with other texts
  if (error.code === 'no-such-code') throw error;
  return error.code;
}

/** Training and export. */
export async function training(): Promise<void> {
  const recipe = recipeOf('scratch');
  expectTrue<Equal<typeof recipe, Recipe>>();
  const run = { architecture: 'resnet18', recipeName: 'scratch', recipe, sources: ['photos'] };
  expectTrue<Equal<Awaited<ReturnType<typeof train>>, TrainResult>>();
  await train(run, { out: 'run' });
  // @ts-expect-error a run has its folder
  await train(run, {});
  const result = await exportModel({ architecture: 'resnet18', weights: 'x.pth', out: 'x.onnx' });
  expectTrue<Equal<typeof result, ExportResult>>();
  expectTrue<Equal<ReturnType<typeof decodeModel>, ModelProto>>();
  expectTrue<ReturnType<typeof encodeModel> extends Uint8Array ? true : false>();
}

/** Serving. */
export function serving(retriever: Retriever): RequestListener & RequestHandler {
  expectTrue<Equal<Level, 'search' | 'read' | 'write' | 'admin'>>();
  // @ts-expect-error there is no such level
  createApp({ retriever, allow: 'everything' });
  return createApp({ retriever, allow: 'read' });
}

/** Evaluating. */
export function evaluating(before: Evaluation, after: Evaluation): void {
  expectTrue<Equal<Awaited<ReturnType<typeof evaluate>>, Evaluation>>();
  compareEvaluations(before, after);
  // @ts-expect-error two evaluations are compared
  compareEvaluations(before);
}
