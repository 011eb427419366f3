import { setTimeout } from 'node:timers/promises';
import { Command } from 'commander';
import { z } from 'zod';
import { SnapshelfError } from '../errors.ts';
import { asClause } from '../json/index.ts';
import { Retriever, storeModel } from '../retrieval/index.ts';
import { askServer } from './ask-server.ts';
import { openOrServer } from './open-folder.ts';
import {
  type CollectionOptions,
  collectionOption,
  galleryThreads,
  providerOption,
  type SessionOptions,
  withPlace,
} from './options.ts';
import { showProgress } from './progress.ts';
import { cliLogger, interruptible } from './run.ts';
import type { RunningServer } from './running-server.ts';

interface Options extends CollectionOptions, SessionOptions {
  readonly model: string;
}

/** The state of a re-index job of the server. */
const jobSchema = z.object({
  state: z.enum(['running', 'done', 'failed', 'cancelled']),
  done: z.int().min(0),
  total: z.int().min(0),
  error: z.object({ detail: z.string().optional() }).nullish(),
});

type Job = z.output<typeof jobSchema>;

/** Sends a request, with the token that the server takes commands by, whose answer must be a job. */
const jobOf = (url: string, token: string, body?: string): Promise<Job> => {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const init = body === undefined ? { headers } : { headers, method: 'POST', body };
  return askServer(url, init, (answer) => jobSchema.parse(answer));
};

/** Has the running server re-index, and follows its job to the end. */
async function reindexOnline(server: RunningServer, options: Options): Promise<void> {
  const model = await storeModel(options.data, options.model);
  const url = `${server.url}/v1/collections/${encodeURIComponent(options.collection)}/reindex`;
  let job = await jobOf(url, server.token, JSON.stringify({ model: model.id }));
  const progress = showProgress('re-indexing', job.total);
  while (job.state === 'running') {
    await setTimeout(500);
    job = await jobOf(url, server.token);
    progress.update(job.done);
  }
  progress.stop();
  const reason = asClause(job.error?.detail ?? 'see its log');
  if (job.state !== 'done')
    throw new SnapshelfError(
      'internal',
      `The server reports that re-indexing has ${job.state === 'failed' ? 'failed' : 'been cancelled'}: ${reason}.`,
    );
}

async function reindexHere(retriever: Retriever, { collection, model }: Options): Promise<void> {
  const { items } = await retriever.gallery.info(collection);
  const progress = showProgress('re-indexing', items);
  const kept = (): string =>
    `${collection} still answers with its model. What was embedded is kept: run the command again to go on.`;
  await interruptible(
    (signal) =>
      retriever.reindex(collection, model, { signal, onProgress: ({ done }) => progress.update(done) }),
    kept,
  ).finally(() => progress.stop());
}

async function run(options: Options): Promise<void> {
  const opened = await openOrServer(options.data, {
    engine: options.engine,
    pictureStore: options.pictureStore,
    ...galleryThreads(options),
    embed: { provider: options.provider },
    log: cliLogger(),
  });
  if (opened instanceof Retriever) {
    await using retriever = opened;
    await reindexHere(retriever, options);
  } else await reindexOnline(opened, options);
  console.log(`${options.collection} now answers with ${options.model}`);
}

/** Creates `snapshelf reindex`: it switches a collection to another model, from its stored pictures. */
export const reindexCommand = (): Command =>
  withPlace(new Command('reindex'))
    .description(
      'Embed the stored pictures of a collection with another model and switch over at the end. Searches go on with the old model meanwhile, also when a server has the folder open.',
    )
    .addOption(collectionOption())
    .requiredOption('--model <file or name>', 'model to switch to')
    .addOption(providerOption())
    .addHelpText(
      'after',
      '\nExample:\n  $ snapshelf reindex --data data --collection shop --model better.onnx',
    )
    .action(run);
