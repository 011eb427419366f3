import { pino } from 'pino';
import type { LogFields, Logger } from '../log.ts';

/**
 * Creates a logger that writes one JSON object per line to the standard output.
 * @param level the least level that is written: `debug`, `info`, `warn` or `error`
 * @example
 * ```ts
 * import { createLogger, startServer } from 'snapshelf/server';
 *
 * await startServer({ data: 'data', log: createLogger('warn') });
 * ```
 */
export function createLogger(level = 'info'): Logger {
  const logger = pino({ level, serializers: { error: pino.stdSerializers.err } });
  const write =
    (name: keyof Logger) =>
    (message: string, fields: LogFields = {}): void =>
      logger[name](fields, message);
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
}
