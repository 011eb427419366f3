import { existsSync } from 'node:fs';
import { Command, Option } from 'commander';
import { type Dataset, describeRemarks, hidingKinds, readSource } from '../datasets/index.ts';
import { type CollectionInfo, checkName } from '../engine/index.ts';
import { SnapshelfError } from '../errors.ts';
import { readModelFile } from '../model/index.ts';
import {
  findCollection,
  type ImportProgress,
  type ImportReport,
  type Retriever,
} from '../retrieval/index.ts';
import { counted } from '../text.ts';
import { describeMetric, type Metric, type MetricOptions } from '../vectors/index.ts';
import { checkIdPrefix } from './id-prefix.ts';
import { printReport } from './import-report.ts';
import { jobOption } from './job-option.ts';
import { metricOption, metricOptionsOption } from './metric-option.ts';
import { openRetriever, tellImport } from './open-folder.ts';
import {
  type CollectionOptions,
  collectionOption,
  galleryThreads,
  integer,
  keepGpsOption,
  providerOption,
  type SessionOptions,
  threadsOption,
  verboseOption,
  withPlace,
} from './options.ts';
import { itemsOf, type ProductChoice, productChoices, productRule, withIdentity } from './product-rule.ts';
import { showProgress } from './progress.ts';
import { cliLogger, interruptible } from './run.ts';
import { isAmiss } from './tell-remarks.ts';

/** The values of the command's options. */
interface Options extends CollectionOptions, SessionOptions {
  readonly keepGps?: boolean;
  readonly model?: string;
  readonly metric?: Metric;
  readonly metricOptions?: MetricOptions;
  readonly storeImages: boolean;
  readonly batch: number;
  readonly product?: ProductChoice;
  readonly idPrefix: string;
  readonly prune?: boolean;
  readonly yes?: boolean;
  readonly strict?: boolean;
  readonly job?: string;
}

/** @throws SnapshelfError `prune-refused` if something of the source could not be read, so that it may still be there. */
function checkWhole({ source, leftOut }: Dataset): void {
  const unseen = leftOut.filter(({ kind }) => hidingKinds.has(kind));
  const [first] = unseen;
  if (first === undefined) return;
  throw new SnapshelfError(
    'prune-refused',
    `${source} could not be read whole (${counted(unseen.length, 'file, folder or link', 'files, folders or links')}, such as ${first.path}), so what it no longer has is not known. Nothing was changed.`,
  );
}

/** Names the option that allows it. @throws SnapshelfError `prune-refused`, or the error as it is. */
function tellYes(error: unknown): never {
  if (!(error instanceof SnapshelfError) || error.code !== 'prune-refused') throw error;
  const { code, message, details } = error;
  throw new SnapshelfError(code, `${message} Add --yes to remove them.`, { cause: error, details });
}

/** Creates the collection, or checks that it fits. @throws SnapshelfError as `Retriever.createCollection`. */
async function create(retriever: Retriever, options: Options): Promise<CollectionInfo> {
  const { data, collection, metric, metricOptions, model } = options;
  const storeImages = options.storeImages ? undefined : false;
  try {
    return await retriever.createCollection(collection, { metric, metricOptions, storeImages, model });
  } catch (error) {
    if (!(error instanceof SnapshelfError) || error.code !== 'model-mismatch') throw error;
    const command = `snapshelf reindex --data ${data} --collection ${collection} --model ${model}`;
    throw new SnapshelfError(error.code, `${error.message} The command is: ${command}.`, { cause: error });
  }
}

async function importInto(
  retriever: Retriever,
  existing: CollectionInfo | undefined,
  dataset: Dataset,
  options: Options,
): Promise<ImportReport> {
  const { idPrefix, model } = options;
  const ids = dataset.samples.map(({ id }) => `${idPrefix}${id}`);
  const rule = productRule(options.product, dataset, await itemsOf(retriever, existing, ids));
  const samples = dataset.samples.map((sample) => withIdentity(sample, rule, idPrefix));
  const { name, modelName, ...info } = await create(retriever, options);
  if (model === undefined)
    console.log(`model: ${modelName}${existing === undefined ? ' (or name one with --model)' : ''}`);
  const told = describeMetric(info);
  if (told !== undefined) console.log(told);
  console.log(rule.told);
  for (const line of describeRemarks(dataset)) console.log(line);
  const progress = showProgress('indexing', samples.length);
  const prune = options.prune ? { idPrefix, mostShare: options.yes ? 1 : undefined } : undefined;
  let stored = 0;
  const onProgress = ({ done }: ImportProgress): void => {
    stored = done;
    progress.update(done);
  };
  const { job, strict } = options;
  const { columns } = dataset;
  return await interruptible(
    (signal) =>
      job === undefined
        ? retriever.importSamples(name, samples, { signal, columns, strict, prune, onProgress })
        : retriever.importTogether(name, samples, { job, signal, columns, strict, onProgress }),
    () => `about ${stored} of ${samples.length} pictures are done and kept. Run the command again to go on.`,
  )
    .catch(tellYes)
    .finally(() => progress.stop());
}

/** Checks what can be checked before the data folder is opened. @throws SnapshelfError with all mistakes, and the code of the first. */
async function checkInputs(source: string, { collection, model }: Options): Promise<void> {
  const checks = [
    existsSync(source) ? undefined : readSource(source),
    model === undefined ? undefined : readModelFile(model),
    (async () => checkName(collection))(),
  ];
  const mistakes = (await Promise.allSettled(checks)).flatMap((check) =>
    check.status === 'rejected' ? [check.reason as unknown] : [],
  );
  const [first] = mistakes;
  if (mistakes.length < 2 || !(first instanceof SnapshelfError)) {
    if (mistakes.length > 0) throw first;
    return;
  }
  const messages = mistakes.map((mistake) => (mistake as Error).message);
  throw new SnapshelfError(first.code, messages.join('\n'), { cause: first });
}

async function run(source: string, options: Options): Promise<void> {
  const { data, engine, pictureStore, collection, model, provider, threads, batch: maxBatch } = options;
  await checkInputs(source, options);
  // Before the data folder is made, which a mistake in the source's name should not do.
  const early = existsSync(data) ? undefined : await readSource(source);
  const embed = { provider, threads, maxBatch };
  await using retriever = await openRetriever(data, {
    engine,
    pictureStore,
    ...galleryThreads(options),
    model,
    embed,
    keepGps: options.keepGps,
    log: cliLogger(options.verbose),
  });
  const existing = await findCollection(retriever.gallery, collection);
  const fieldTypes = new Map(Object.entries(existing?.fields ?? {}));
  const dataset = early ?? (await readSource(source, { fieldTypes }));
  if (options.prune) checkWhole(dataset);
  const report = await importInto(retriever, existing, dataset, options);
  await tellImport(retriever, collection, report);
  printReport(report, options);
  const { failed } = report;
  const isImperfect = failed.length > 0 || isAmiss(dataset);
  const isNothing = failed.length === dataset.samples.length;
  if (isNothing || (options.strict && isImperfect)) process.exitCode = 1;
}

const metricHelp =
  'distance of a new collection; weak and weak-metric need a model exported with --classifier softmax (default: cosine)';

const identityOptions = (command: Command): Command =>
  command
    .addOption(
      new Option(
        '--product <rule>',
        "what makes products: each file its own, the folder (label), or the manifest's column productId (default: the column if there is one, else file; a collection by folder stays so)",
      ).choices(productChoices),
    )
    .option(
      '--id-prefix <text>',
      'put this before every id, such as supplier-a/, so that sources with the same file names do not replace each other',
      checkIdPrefix,
      '',
    )
    .option(
      '--prune',
      'remove the items that the source no longer has; with --id-prefix, only of those whose ids begin so',
    )
    .option('--yes', 'prune also when more than half of the items would go')
    .addOption(jobOption());

/** Creates `snapshelf index`: it adds the pictures of a folder or manifest to a collection. */
export const indexCommand = (): Command =>
  identityOptions(
    withPlace(new Command('index'))
      .description(
        'Index the pictures of a folder (to any depth) or of a .csv or .jsonl manifest. Run it again to continue, or after changes: pictures that are in the collection are skipped, and where only their fields differ nothing is embedded.',
      )
      .argument('<source>', 'folder, manifest.csv or manifest.jsonl')
      .addOption(collectionOption())
      .option(
        '--model <file or name>',
        'model to embed with (default: the one that the collection has; for a new one the ImageNet start that ships)',
      )
      .addOption(metricOption(metricHelp))
      .addOption(metricOptionsOption()),
  )
    .option(
      '--no-store-images',
      'do not keep the original pictures: saves space, but then re-indexing with another model needs the files again, and GET .../image answers 404',
    )
    .addOption(providerOption())
    .addOption(threadsOption())
    .option('--batch <n>', 'images per batch', integer(1, 1024), 8)
    .option(
      '--strict',
      'exit with 1 if anything was left out, failed or was read otherwise than written (default: only if all failed); refuse metadata of another type than before',
    )
    .addOption(keepGpsOption())
    .addOption(verboseOption())
    .addHelpText(
      'after',
      `
In a folder, a picture's id is its path and its label the path of its folder, both relative to the source.
A manifest has the columns path and label, and may have id, productId, split and metadata (JSON).

Examples:
  $ snapshelf index photos/ --data data --collection shop
  $ snapshelf index supplier-a/ --data data --collection shop --id-prefix a/ --prune
  $ snapshelf index catalogue.jsonl --data data --collection shop --model models/resnet50.onnx --metric l2
  $ snapshelf index photos/ --data data --collection shop --engine postgres://shop@db.internal/shop --job spring
  $ snapshelf index photos/ --data data --collection kinds --model probabilities.onnx --metric weak`,
    )
    .action(run);
