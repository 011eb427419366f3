import { writeSync } from 'node:fs';
import { pino } from 'pino';
import type { LogFields, Logger } from '../log.ts';

let dropped = 0;

/** The number of lines of the log that could not be written since the start, as on a full disk. */
export const droppedLogLines = (): number => dropped;

/**
 * Writes lines to the standard output. One that cannot be written is dropped and counted: a log must not stop what it is
 * about.
 */
const standardOutput = {
  /** A line was cut off: the next one begins anew. */
  isCut: false,
  write(line: string): void {
    const bytes = Buffer.from(this.isCut ? `\n${line}` : line);
    let written = 0;
    try {
      while (written < bytes.length) written += writeSync(1, bytes, written);
      this.isCut = false;
    } catch {
      dropped += 1;
      this.isCut ||= written > 0;
    }
  },
};

/**
 * Creates a logger that writes one JSON object per line to the standard output. Lines that cannot be written, as on a full
 * disk, are dropped; `/health/ready` and `/metrics` count them.
 * @param level the least level that is written: `debug`, `info`, `warn` or `error`
 * @example
 * ```ts
 * import { createLogger, startServer } from 'snapshelf/server';
 *
 * await startServer({ data: 'data', log: createLogger('warn') });
 * ```
 */
export function createLogger(level = 'info'): Logger {
  const logger = pino({ level, serializers: { error: pino.stdSerializers.err } }, standardOutput);
  const write =
    (name: keyof Logger) =>
    (message: string, fields: LogFields = {}): void =>
      logger[name](fields, message);
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
}
