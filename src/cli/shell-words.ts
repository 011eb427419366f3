import type { Command, Option } from 'commander';

/** Writes a word so that a shell reads it as it is. */
export const quoted = (text: string): string =>
  /^[\w./:@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;

/** Writes options with their values as words of a command line. */
export const optionWords = (command: Command, options: readonly Option[]): string[] =>
  options.flatMap((option) => {
    const value: unknown = command.getOptionValue(option.attributeName());
    return option.isBoolean() || option.negate
      ? [option.long ?? '']
      : [option.long ?? '', quoted(String(value))];
  });
