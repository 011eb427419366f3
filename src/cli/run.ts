import { CommanderError } from 'commander';
import { SnapshelfError } from '../errors.ts';
import type { LogFields, Logger } from '../log.ts';

const fieldsOf = (fields: LogFields | undefined): string =>
  fields === undefined
    ? ''
    : ` ${Object.entries(fields)
        .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
        .join(' ')}`;

/** Replaces the control characters of a text from a stranger's file, which a terminal would obey. */
export const plain = (text: string): string => text.replace(/[^\P{Cc}\n\t]/gu, '\u{fffd}');

const line =
  (level: string) =>
  (message: string, fields?: LogFields): void => {
    process.stderr.write(plain(`${level}${message}${fieldsOf(fields)}\n`));
  };

/** Makes a logger for people: one line per event on the standard error, debug lines only if `verbose`. */
export const cliLogger = (verbose = false): Logger => ({
  debug: verbose ? line('debug: ') : () => {},
  info: verbose ? line('') : () => {},
  warn: line('warning: '),
  error: line('error: '),
});

/** True for an error of the operating system: a port that is taken, a folder that may not be written. */
const isSystemError = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && 'syscall' in error;

function messageOf(error: unknown): string {
  if (isSystemError(error))
    return `${error.message}${error.code === 'EADDRINUSE' ? '; choose another port with --port' : ''}`;
  if (error instanceof SnapshelfError) return `${error.message} [${error.code}]`;
  if (error instanceof RangeError || error instanceof TypeError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** Prints what went wrong for a person and returns the exit code: 1 failed, 2 wrong usage, 130 interrupted. */
export function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof Error && error.name === 'AbortError') {
    process.stderr.write('interrupted\n');
    return 130;
  }
  process.stderr.write(plain(`error: ${messageOf(error)}\n`));
  return 1;
}

/**
 * Runs `work` with a signal that Ctrl-C aborts, so that what is half done can be ended cleanly; a second Ctrl-C
 * ends the process at once.
 */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const interrupt = (): void => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort();
  };
  process.on('SIGINT', interrupt);
  try {
    return await work(controller.signal);
  } finally {
    process.off('SIGINT', interrupt);
  }
}
