/** Facts that belong to a log line, besides its message. */
export type LogFields = Readonly<Record<string, unknown>>;

/** The log that every room writes to; the caller passes it in. A pino logger fits (wrapped by the server). */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

const nothing = (): void => {};

/** A logger that drops everything: the default of the library. */
export const silentLogger: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };
