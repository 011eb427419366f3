import { setPriority } from 'node:os';
import { serializeError } from '../../errors.ts';
import { writeAtomically } from '../../files/index.ts';
import type { Evaluation } from '../report/evaluation-schema.ts';
import { evaluateCollection } from './evaluate-collection.ts';
import type { CollectionEvaluation, Job, JobMeasures, JobProgress } from './job.ts';
import { readManifestFile, readRequestFile } from './job-request.ts';

// The main module of a process that evaluates one collection. A process, not a thread: it can be ended at any moment,
// its memory goes back whole, and all of its threads give way to the searches of the server.
const lowest = 19;
const millisecondsBetweenReports = 200;
setPriority(lowest);
process.once('disconnect', () => process.exit(1));

let reported = 0;
function onProgress(progress: JobProgress): void {
  const now = performance.now();
  if (now - reported < millisecondsBetweenReports && progress.done < progress.total) return;
  reported = now;
  process.send?.({ progress });
}

const figuresOf = ({ results }: Evaluation): JobMeasures =>
  Object.fromEntries(
    results.map(({ metric, main }) => [
      metric,
      Object.fromEntries(main.figures.map(({ name, mean }) => [name, mean])),
    ]),
  );

async function requestOf({ request, manifest }: Job): Promise<CollectionEvaluation> {
  const asked = await readRequestFile(request);
  if (manifest === undefined) return asked;
  return { ...asked, manifest: await readManifestFile(manifest.path, manifest.entries) };
}

async function run(job: Job): Promise<void> {
  try {
    const { data, collection } = job;
    const command = `evaluation of the collection ${collection} through the API`;
    const request = await requestOf(job);
    const evaluation = await evaluateCollection({
      data,
      collection,
      request,
      onProgress,
      threads: 1,
      command,
    });
    await writeAtomically(job.report, `${JSON.stringify(evaluation)}\n`);
    process.send?.({ figures: figuresOf(evaluation) }, () => process.exit(0));
  } catch (error) {
    process.send?.({ error: serializeError(error) }, () => process.exit(1));
  }
}

process.once('message', (job: Job) => void run(job));
