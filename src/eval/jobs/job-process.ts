import { setPriority } from 'node:os';
import { writeAtomically } from '../../files/index.ts';
import { serveProcess } from '../../threads/index.ts';
import type { Evaluation } from '../report/evaluation-schema.ts';
import { evaluateCollection } from './evaluate-collection.ts';
import type { CollectionEvaluation, Job, JobMeasures, JobProgress } from './job.ts';
import { readManifestFile, readRequestFile } from './job-request.ts';

// The main module of a process that evaluates one collection. A process, not a thread: it can be ended at any moment,
// its memory goes back whole, and all of its threads give way to the searches of the server.
const lowest = 19;
const millisecondsBetweenReports = 200;
setPriority(lowest);

const headlineOf = ({ results }: Evaluation): JobMeasures =>
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

serveProcess<Job, JobMeasures, JobProgress>(async (job, { notify }) => {
  let reported = 0;
  const onProgress = (progress: JobProgress): void => {
    const now = performance.now();
    if (now - reported < millisecondsBetweenReports && progress.done < progress.total) return;
    reported = now;
    notify(progress);
  };
  const { data, engine, collection, storedPrecision } = job;
  const evaluation = await evaluateCollection({
    data,
    engine,
    collection,
    storedPrecision,
    request: await requestOf(job),
    onProgress,
    threads: 1,
    command: `evaluation of the collection ${collection} through the API`,
  });
  await writeAtomically(job.report, `${JSON.stringify(evaluation)}\n`);
  return headlineOf(evaluation);
});
