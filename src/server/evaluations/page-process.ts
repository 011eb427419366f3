import { readFileSync, statSync } from 'node:fs';
import { type SerializedError, SnapshelfError, serializeError } from '../../errors.ts';
import type { Evaluation } from '../../eval/index.ts';
// Not from the room's index: a page needs no runtime.
import { parseEvaluation } from '../../eval/report/parse-evaluation.ts';
import type { StoredImage } from '../../gallery/index.ts';
import { evaluationPage } from '../../report/index.ts';

/** A thumbnail and whose it is. */
export interface Picture extends StoredImage {
  readonly id: string;
}

/** What the process is told: the path of the report, then the pictures that it asked for. */
export type ToPageProcess = { readonly report: string } | { readonly pictures: readonly Picture[] };

/** What it says: which pictures it needs, then the page. */
export type FromPageProcess =
  | { readonly ids: readonly string[] }
  | { readonly page: Uint8Array }
  | { readonly error: SerializedError };

/** Longer texts than this are no strings of V8's. */
const maxReportBytes = 500 * 2 ** 20;

// The main module of a process that makes the page of a report. A process, not a thread: it can be ended at any moment,
// where a thread that is ended in the middle of its work can take everything with it.

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

const say = (message: FromPageProcess): void => void process.send?.(message);
const fail = (error: unknown): void => say({ error: serializeError(error) });

let evaluation: Evaluation | undefined;

async function receive(message: ToPageProcess): Promise<void> {
  if ('report' in message) {
    evaluation = readReport(message.report);
    say({ ids: idsIn(evaluation) });
  } else if (evaluation !== undefined) say({ page: await makePage(evaluation, message.pictures) });
}

process.once('disconnect', () => process.exit(0));
process.on('message', (message: ToPageProcess) => {
  receive(message).catch(fail);
});
