import { InvalidArgumentError, Option } from 'commander';

/** A whole number within bounds, for an option's value; commander prints the reason. */
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

/** Adds a value that `check` accepts to those given before; commander prints why another is not. */
export const collectChecked =
  (check: (value: string) => string) =>
  (value: string, previous: readonly string[]): string[] => {
    try {
      return collect(check(value), previous);
    } catch (error) {
      throw new InvalidArgumentError((error as Error).message);
    }
  };

/** A finite number, for an option's value. */
export function number(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value)) return value;
  throw new InvalidArgumentError('Expected a number.');
}

/** Sizes in pixels with numbers of epochs, for an option's value: `112:20,144:10`. */
export function stages(text: string): { size: number; epochs: number }[] {
  const parts = text.split(',').map((part) => /^(\d+):(\d+)$/.exec(part));
  return parts.map((part) => {
    if (part === null) throw new InvalidArgumentError('Expected SIZE:EPOCHS, such as 112:20,144:10.');
    return { size: Number(part[1]), epochs: Number(part[2]) };
  });
}

/** A JSON value, for an option's value. */
export function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new InvalidArgumentError('Expected JSON, such as {"field":"label","equals":"shoes"}.');
  }
}

export const dataOption = (): Option =>
  new Option('--data <dir>', 'folder that holds the gallery').env('SNAPSHELF_DATA').makeOptionMandatory();

export const collectionOption = (): Option =>
  new Option('--collection <name>', 'name of the collection').makeOptionMandatory();

export const providerOption = (): Option =>
  new Option('--provider <name>', 'what runs the model').choices(['auto', 'cpu', 'cuda']).default('auto');

export const threadsOption = (): Option =>
  new Option('--threads <n>', 'threads that run the model (default: all cores)').argParser(integer(1, 1024));

export const verboseOption = (): Option => new Option('--verbose', 'log what happens');
