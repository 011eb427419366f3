import { readFileSync, statSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { type SerializedError, SnapshelfError, serializeError } from '../../errors.ts';
import type { Evaluation } from '../../eval/index.ts';
// Not from the room's index: a page needs no runtime.
import { parseEvaluation } from '../../eval/parse.ts';
import type { StoredImage } from '../../gallery/index.ts';
import { evaluationPage } from '../../report/index.ts';

/** A thumbnail and whose it is. */
export interface Picture extends StoredImage {
  readonly id: string;
}

/** What the thread says: that it is there, which pictures it needs, then the page. */
export type FromPageThread =
  | { readonly ready: true }
  | { readonly ids: readonly string[] }
  | { readonly page: Uint8Array }
  | { readonly error: SerializedError };

/** Longer texts than this are no strings of V8's. */
const maxReportBytes = 500 * 2 ** 20;

if (parentPort === null) throw new Error('This file is the main module of a thread that makes a page.');
const port = parentPort;

/** All at once: a file that is open when the thread is ended would stay open. */
function readReport(path: string): Evaluation {
  const { size } = statSync(path);
  if (size > maxReportBytes)
    throw new SnapshelfError('source-invalid', 'The report is too large for a page; ask for it as JSON.');
  return parseEvaluation(readFileSync(path, 'utf8'), 'the report');
}

/** The ids of the pictures that a report shows. */
function idsIn({ results }: Evaluation): string[] {
  const examples = results[0]?.examples ?? [];
  return [...new Set(examples.flatMap(({ id, neighbours }) => [id, ...neighbours.map((item) => item.id)]))];
}

async function makePage(evaluation: Evaluation, shown: readonly Picture[]): Promise<Uint8Array> {
  const uri = ({ bytes, mediaType }: Picture): string =>
    `data:${mediaType};base64,${Buffer.from(bytes).toString('base64')}`;
  const uris = new Map(shown.map((picture) => [picture.id, uri(picture)]));
  const of = (id: string): string | undefined => uris.get(id);
  return Buffer.from(await evaluationPage(evaluation, { query: of, gallery: of }));
}

const say = (message: FromPageThread): void => port.postMessage(message);
const fail = (error: unknown): void => say({ error: serializeError(error) });

function begin(path: string): void {
  const evaluation = readReport(path);
  port.once('message', (pictures: readonly Picture[]) => {
    makePage(evaluation, pictures).then((page) => say({ page }), fail);
  });
  say({ ids: idsIn(evaluation) });
}

// It may be ended from here on: its modules, which would stay open, are loaded.
say({ ready: true });
try {
  begin(workerData as string);
} catch (error) {
  fail(error);
}
