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

/** True for an error of the operating system, such as a folder that may not be read. */
const isSystemError = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && 'syscall' in error;

function messageOf(error: unknown): string {
  if (isSystemError(error)) return error.message;
  if (error instanceof SnapshelfError) {
    // Of what should not have happened the reason is not in the sentence.
    const isUnexplained = error.code === 'internal' && error.cause instanceof Error;
    return `${error.message}${isUnexplained ? ` ${(error.cause as Error).message}` : ''} [${error.code}]`;
  }
  if (error instanceof RangeError || error instanceof TypeError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** Prints what went wrong for a person and returns the exit code: 1 failed, 2 wrong usage, 129, 130 and 143 interrupted. */
export function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof Error && error.name === 'AbortError') {
    const { exitCode, kept } = error instanceof Interruption ? error : new Interruption('SIGINT');
    process.stderr.write(plain(kept === '' ? 'interrupted\n' : `interrupted: ${kept}\n`));
    return exitCode;
  }
  process.stderr.write(plain(`error: ${messageOf(error)}\n`));
  return 1;
}

/**
 * The exit codes of what ends work before its time, those that shells give. SIGPIPE: nobody reads the output any more;
 * output: it cannot be written.
 */
const exitCodes = { SIGHUP: 129, SIGINT: 130, SIGPIPE: 141, SIGTERM: 143, output: 1 } as const;

/** Signals that end work: Ctrl-C, that of another program, that of a terminal that is closed. */
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** The end of work that a person or another program asked for. */
class Interruption extends Error {
  override readonly name = 'AbortError';
  readonly exitCode: number;
  /** A sentence: what is there of the work, and how to go on. */
  readonly kept: string;

  constructor(why: keyof typeof exitCodes, kept = '') {
    super(`Interrupted by ${why}.`);
    this.exitCode = exitCodes[why];
    this.kept = kept;
  }
}

/** Ends the work under way; undefined if nothing is under way that could be ended cleanly. */
let interrupt: ((why: keyof typeof exitCodes) => void) | undefined;

/**
 * Runs `work` with a signal that Ctrl-C, SIGTERM and SIGHUP abort, so that what is half done can be ended cleanly; a second
 * one ends the process at once.
 * @param kept says what is there of the work when it is interrupted, and how to go on: printed after `interrupted: `
 * @throws Error named `AbortError` if the work was interrupted; otherwise what `work` throws.
 */
export async function interruptible<T>(
  work: (signal: AbortSignal) => Promise<T>,
  kept?: () => string,
): Promise<T> {
  const controller = new AbortController();
  let reason: keyof typeof exitCodes = 'SIGINT';
  const stop = (why: keyof typeof exitCodes): void => {
    if (controller.signal.aborted) process.exit(exitCodes[why]);
    reason = why;
    controller.abort();
  };
  for (const signal of signals) process.on(signal, stop);
  interrupt = stop;
  try {
    return await work(controller.signal);
  } catch (error) {
    const isEnd = error === controller.signal.reason || (error as Error).name === 'AbortError';
    throw controller.signal.aborted && isEnd ? new Interruption(reason, kept?.()) : error;
  } finally {
    interrupt = undefined;
    for (const signal of signals) process.off(signal, stop);
  }
}

const readerIsGone: readonly unknown[] = ['EPIPE', 'ECONNRESET'];

/**
 * Has the process end when its output cannot be written: quietly where nobody reads it any more, as in
 * `snapshelf search ... | head -1`, else with a sentence that says why, as on a full disk. Work under way is ended as by
 * Ctrl-C. What cannot be written to the standard error is lost, and the work goes on.
 */
export function endWithOutput(): void {
  process.stderr.on('error', () => {});
  let isWritable = true;
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // Whatever is printed while the work ends fails again.
    if (!isWritable) return;
    isWritable = false;
    const why = readerIsGone.includes(error.code) ? 'SIGPIPE' : 'output';
    if (why === 'output')
      process.stderr.write(
        plain(
          `error: The output cannot be written: ${error.message}. Free some space, or send it elsewhere.\n`,
        ),
      );
    process.exitCode = exitCodes[why];
    if (interrupt === undefined) process.exit();
    else interrupt(why);
  });
}
