import { Option } from 'commander';
import { SnapshelfError } from '../errors.ts';

/** The value of `noAuthOption`. */
export interface AuthOptions {
  readonly auth: boolean;
}

/** The option `--host`. */
export const hostOption = (): Option =>
  new Option('--host <address>', 'address to listen on').env('SNAPSHELF_HOST').default('127.0.0.1');

/** The option `--no-auth`. */
export const noAuthOption = (): Option =>
  new Option('--no-auth', 'ask nobody for a key, whatever the address: something else decides who gets here');

/** The end of the help of commands that serve. */
export const keyHelp = `
Keys: without any, only this machine is served. "snapshelf keys create" makes one; the environment variable SNAPSHELF_KEY
gives a further one, of the level admin. With keys, every request needs one, except /health/.`;

/**
 * Takes the admin key out of the environment, so that no process that is started later has it.
 * @throws RangeError for one that is too short; the text does not show it.
 */
export function takeAdminKey(): string | undefined {
  const key = process.env['SNAPSHELF_KEY'] ?? '';
  delete process.env['SNAPSHELF_KEY'];
  if (key === '') return undefined;
  if (/^[\x21-\x7e]{32,512}$/.test(key)) return key;
  throw new RangeError(
    `SNAPSHELF_KEY must have 32 to 512 ASCII characters and no blanks; it has ${key.length} characters. "openssl rand -base64 32" makes one.`,
  );
}

/** Runs what serves. @throws SnapshelfError `keys-missing` with the options of the command line that help. */
export async function tellKeys(command: string, run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    if (!(error instanceof SnapshelfError) || error.code !== 'keys-missing') throw error;
    throw new SnapshelfError(
      'keys-missing',
      `Whoever reaches ${JSON.stringify(error.details['host'])} could do everything, because there are no keys. Make one with "snapshelf keys create --level admin", give one in SNAPSHELF_KEY, or add --no-auth to "${command}" if something else decides who gets there.`,
      { cause: error, details: error.details },
    );
  }
}
