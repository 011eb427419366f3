import { readFileSync, statSync } from 'node:fs';
import type { StoredImage } from '../../engine/index.ts';
import { SnapshelfError } from '../../errors.ts';
import type { Evaluation } from '../../eval/index.ts';
// Not from the room's index: a page needs no runtime.
import { parseEvaluation } from '../../eval/report/parse-evaluation.ts';
import { calibrationPage, evaluationPage } from '../../report/index.ts';
import type { CalibrationReport } from '../../retrieval/index.ts';
import { serveProcess } from '../../threads/index.ts';

// The main module of a process that makes the page of a report. A process, not a thread: it can be ended at any moment,
// where a thread that is ended in the middle of its work can take everything with it.

/** The thumbnail of an item. */
export interface Picture extends StoredImage {
  readonly id: string;
}

/** The task of the process: the path of the report of an evaluation, or the report of a calibration. */
export type PageTask = { readonly evaluation: string } | { readonly calibration: CalibrationReport };

/** V8 has no longer strings. */
const maxReportBytes = 500 * 2 ** 20;

function readReport(path: string): Evaluation {
  const { size } = statSync(path);
  if (size > maxReportBytes)
    throw new SnapshelfError('source-invalid', 'The report is too large for a page; ask for it as JSON.');
  return parseEvaluation(readFileSync(path, 'utf8'), 'The report');
}

/** The ids of the items that a report shows. */
function idsIn({ results }: Evaluation): string[] {
  const examples = results[0]?.examples ?? [];
  return [...new Set(examples.flatMap(({ id, neighbours }) => [id, ...neighbours.map((item) => item.id)]))];
}

async function withPictures(evaluation: Evaluation, pictures: readonly Picture[]): Promise<string> {
  const uri = ({ bytes, mediaType }: Picture): string =>
    `data:${mediaType};base64,${Buffer.from(bytes).toString('base64')}`;
  const uris = new Map(pictures.map((picture) => [picture.id, uri(picture)]));
  const of = (id: string): string | undefined => uris.get(id);
  return evaluationPage(evaluation, { query: of, gallery: of });
}

serveProcess<PageTask, Uint8Array, never, readonly string[], readonly Picture[]>(async (task, { ask }) => {
  if ('calibration' in task) return Buffer.from(await calibrationPage(task.calibration));
  const evaluation = readReport(task.evaluation);
  return Buffer.from(await withPictures(evaluation, await ask(idsIn(evaluation))));
});
