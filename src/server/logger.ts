import { pino } from 'pino';
import type { LogFields, Logger } from '../log.ts';

/** A logger that writes one JSON object a line to the standard output. `level`: debug, info, warn or error. */
export function createLogger(level = 'info'): Logger {
  const logger = pino({ level, serializers: { error: pino.stdSerializers.err } });
  const write =
    (name: keyof Logger) =>
    (message: string, fields: LogFields = {}): void =>
      logger[name](fields, message);
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
}
