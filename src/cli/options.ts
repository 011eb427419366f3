import { type Command, InvalidArgumentError, Option } from 'commander';
import { type GalleryThreads, maxIndexThreads, maxScanThreads } from '../engines/index.ts';
import { parseUserJson } from '../json/index.ts';
import type { ProviderChoice } from '../runtime/index.ts';

/** The values of `withPlace` and `collectionOption`. */
export interface CollectionOptions extends GalleryThreads {
  readonly data: string;
  readonly engine?: string;
  readonly pictureStore?: string;
  readonly collection: string;
}

/** The values of `providerOption`, `threadsOption` and `verboseOption`. */
export interface SessionOptions {
  readonly provider: ProviderChoice;
  readonly threads?: number;
  readonly verbose?: boolean;
}

/** Makes a parser of an option's value that takes whole numbers within bounds; commander prints why another is refused. */
export const integer =
  (minimum: number, maximum: number = Number.MAX_SAFE_INTEGER) =>
  (text: string): number => {
    const value = Number(text);
    if (text.trim() !== '' && Number.isSafeInteger(value) && value >= minimum && value <= maximum)
      return value;
    throw new InvalidArgumentError(`Expected a whole number from ${minimum} to ${maximum}.`);
  };

/** Adds a value to those given before, for an option that may be repeated. */
export const collect = (value: string, previous: readonly string[]): string[] => [...previous, value];

/** Makes a parser that adds a value that `check` accepts to those given before; commander prints why another is refused. */
export const collectChecked =
  (check: (value: string) => string) =>
  (value: string, previous: readonly string[]): string[] => {
    try {
      return collect(check(value), previous);
    } catch (error) {
      throw new InvalidArgumentError((error as Error).message);
    }
  };

/**
 * Parses a finite number, for an option's value.
 * @throws InvalidArgumentError, which commander prints.
 */
export function number(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value)) return value;
  throw new InvalidArgumentError('Expected a number.');
}

/**
 * Parses sizes in pixels with numbers of epochs, for an option's value: `112:20,144:10`.
 * @throws InvalidArgumentError, which commander prints.
 */
export function stages(text: string): { size: number; epochs: number }[] {
  const parts = text.split(',').map((part) => /^(\d+):(\d+)$/.exec(part));
  return parts.map((part) => {
    if (part === null) throw new InvalidArgumentError('Expected SIZE:EPOCHS, such as 112:20,144:10.');
    return { size: Number(part[1]), epochs: Number(part[2]) };
  });
}

/**
 * Parses a JSON text, for an option's value.
 * @throws InvalidArgumentError, which commander prints.
 */
export function json(text: string): unknown {
  try {
    return parseUserJson(text, { values: 20_000 }).value;
  } catch {
    throw new InvalidArgumentError('Expected JSON, such as {"field":"label","equals":"shoes"}.');
  }
}

/** The option `--data`, which is mandatory unless `SNAPSHELF_DATA` is set. */
export const dataOption = (): Option =>
  new Option('--data <dir>', 'folder that holds the gallery').env('SNAPSHELF_DATA').makeOptionMandatory();

/** The option `--engine`; default: `SNAPSHELF_ENGINE`, else the data folder. */
export const engineOption = (): Option =>
  new Option(
    '--engine <url>',
    'engine that keeps the collections in the place of the data folder, which keeps the models: postgres://user@host/database or weaviate://host:port,host:port',
  ).env('SNAPSHELF_ENGINE');

/** The option `--picture-store`; default: `SNAPSHELF_PICTURE_STORE`, else the engine. */
export const pictureStoreOption = (): Option =>
  new Option(
    '--picture-store <place>',
    'where pictures are kept: engine, with the items (default), or an S3 bucket, s3://bucket/prefix, whose keys are in the environment (AWS_ACCESS_KEY_ID, ...)',
  ).env('SNAPSHELF_PICTURE_STORE');

/**
 * Adds the options `--index-threads` and `--scan-threads`; defaults: `SNAPSHELF_INDEX_THREADS` and `SNAPSHELF_SCAN_THREADS`, else the
 * gallery's.
 */
export const withThreads = (command: Command): Command =>
  command
    .addOption(
      new Option(
        '--index-threads <n>',
        'threads that build and search indexes; 0: the thread of the collections does it (default: one a core, at most 4)',
      )
        .env('SNAPSHELF_INDEX_THREADS')
        .argParser(integer(0, maxIndexThreads)),
    )
    .addOption(
      new Option(
        '--scan-threads <n>',
        'threads that scan vectors for exact searches; 0: the thread of the collections does it (default: one a core, at most 16)',
      )
        .env('SNAPSHELF_SCAN_THREADS')
        .argParser(integer(0, maxScanThreads)),
    );

/** Takes the values of `withThreads` out of those of a command. */
export const galleryThreads = ({ indexThreads, scanThreads }: GalleryThreads): GalleryThreads => ({
  indexThreads,
  scanThreads,
});

/** Adds the options that say where collections and their pictures are, and how many threads search them. */
export const withPlace = (command: Command): Command =>
  withThreads(command.addOption(dataOption()).addOption(engineOption()).addOption(pictureStoreOption()));

/** The mandatory option `--collection`. */
export const collectionOption = (): Option =>
  new Option('--collection <name>', 'name of the collection').makeOptionMandatory();

/** The option `--provider`; default `auto`. */
export const providerOption = (): Option =>
  new Option('--provider <name>', 'what runs the model').choices(['auto', 'cpu', 'cuda']).default('auto');

/** The option `--threads`, 1 to 1024; default all cores. */
export const threadsOption = (): Option =>
  new Option('--threads <n>', 'threads that run the model (default: all cores)').argParser(integer(1, 1024));

/** The option `--keep-gps`. */
export const keepGpsOption = (): Option =>
  new Option(
    '--keep-gps',
    'store what pictures say of the place where they were taken (default: it is removed)',
  );

/** The option `--verbose`. */
export const verboseOption = (): Option => new Option('--verbose', 'log what happens');
