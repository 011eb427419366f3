import { setTimeout } from 'node:timers/promises';
import { Command } from 'commander';
import { z } from 'zod';
import { SnapshelfError } from '../errors.ts';
import { Retriever, storeModel } from '../retrieval/index.ts';
import { askServer } from './ask-server.ts';
import { collectionOption, dataOption, providerOption } from './options.ts';
import { showProgress } from './progress.ts';
import { cliLogger, interruptible } from './run.ts';
import { type RunningServer, runningServer } from './running-server.ts';

interface Options {
  readonly data: string;
  readonly collection: string;
  readonly model: string;
  readonly provider: 'auto' | 'cpu' | 'cuda';
}

/** What the server says of a re-indexing, or of what it refuses. */
interface Job {
  readonly state: 'running' | 'done' | 'failed' | 'cancelled';
  readonly done: number;
  readonly total: number;
  readonly error?: { readonly detail?: string | undefined } | null | undefined;
}

const jobSchema: z.ZodType<Job> = z.object({
  state: z.enum(['running', 'done', 'failed', 'cancelled']),
  done: z.int().min(0),
  total: z.int().min(0),
  error: z.object({ detail: z.string().optional() }).nullish(),
});

/** Asks the server; its answer has to be a job. */
const jobOf = (url: string, init?: RequestInit): Promise<Job> =>
  askServer(url, init, (body) => jobSchema.parse(body));

/** Asks the running server to re-index and follows its job to the end. */
async function reindexOnline(server: RunningServer, options: Options): Promise<void> {
  const model = await storeModel(options.data, options.model);
  const url = `${server.url}/v1/collections/${encodeURIComponent(options.collection)}/reindex`;
  let job = await jobOf(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: model.id }),
  });
  const progress = showProgress('re-indexing', job.total);
  while (job.state === 'running') {
    await setTimeout(500);
    job = await jobOf(url);
    progress.update(job.done);
  }
  progress.stop();
  if (job.state !== 'done')
    throw new SnapshelfError(
      'internal',
      `re-indexing ${job.state}: ${job.error?.detail ?? 'see the log of the server'}`,
    );
}

async function reindexOffline({ data, collection, model, provider }: Options): Promise<void> {
  await using retriever = await Retriever.open(data, { embed: { provider }, log: cliLogger() });
  const { items } = await retriever.gallery.info(collection);
  const progress = showProgress('re-indexing', items);
  await interruptible((signal) =>
    retriever.reindex(collection, model, { signal, onProgress: ({ done }) => progress.update(done) }),
  ).finally(() => progress.stop());
}

async function run(options: Options): Promise<void> {
  const server = await runningServer(options.data);
  if (server === undefined) await reindexOffline(options);
  else await reindexOnline(server, options);
  console.log(`${options.collection} now answers with ${options.model}`);
}

/** `snapshelf reindex`: a collection to another model, from its stored pictures. */
export const reindexCommand = (): Command =>
  new Command('reindex')
    .description(
      'Embed the stored pictures of a collection with another model and switch over at the end. Searches go on with the old model meanwhile, also when a server has the folder open.',
    )
    .addOption(dataOption())
    .addOption(collectionOption())
    .requiredOption('--model <file.onnx>', 'model to switch to')
    .addOption(providerOption())
    .addHelpText(
      'after',
      '\nExample:\n  $ snapshelf reindex --data data --collection shop --model better.onnx',
    )
    .action(run);
