import { Command, InvalidArgumentError, Option } from 'commander';
import { type GalleryThreads, maxIndexThreads, maxScanThreads } from '../engines/index.ts';
import { parseUserJson } from '../json/index.ts';
import type { ProviderChoice } from '../runtime/index.ts';

/** The values of `dataOption` and `collectionOption`. */
export interface CollectionOptions extends GalleryThreads {
  readonly data: string;
  readonly engine?: string;
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

/** The option `--index-threads`; default: `SNAPSHELF_INDEX_THREADS`, else the gallery's. */
export const indexThreadsOption = (): Option =>
  new Option(
    '--index-threads <n>',
    'threads that build and search indexes; 0: the thread of the collections does it (default: one a core, at most 4)',
  )
    .env('SNAPSHELF_INDEX_THREADS')
    .argParser(integer(0, maxIndexThreads));

/** The option `--scan-threads`; default: `SNAPSHELF_SCAN_THREADS`, else the gallery's. */
export const scanThreadsOption = (): Option =>
  new Option(
    '--scan-threads <n>',
    'threads that scan vectors for exact searches; 0: the thread of the collections does it (default: one a core, at most 16)',
  )
    .env('SNAPSHELF_SCAN_THREADS')
    .argParser(integer(0, maxScanThreads));

/** Takes the values of `indexThreadsOption` and `scanThreadsOption` out of those of a command. */
export const galleryThreads = ({ indexThreads, scanThreads }: GalleryThreads): GalleryThreads => ({
  indexThreads,
  scanThreads,
});

/** Creates a command on one collection, with the options that say where it is. */
export const collectionCommand = (name: string): Command =>
  new Command(name)
    .addOption(dataOption())
    .addOption(engineOption())
    .addOption(collectionOption())
    .addOption(indexThreadsOption())
    .addOption(scanThreadsOption());
