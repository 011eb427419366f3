import { Command, InvalidArgumentError, type Option, type ParseOptionsResult } from 'commander';
import { counted } from '../text.ts';

type Parse = (text: string, previous: unknown) => unknown;

/** The text that errors of commander begin with. */
const errorPrefix = /^error: /;

/**
 * A command that tells all mistakes of a command line at once, where commander stops at the first: its errors are
 * collected while options are parsed, and the action ends with `fail`.
 */
export class ThoroughCommandLine extends Command {
  readonly #mistakes: string[] = [];

  declare protected readonly unknownOption: (flag: string) => void;

  /** True if the command line itself is wrong. */
  get isWrong(): boolean {
    return this.#mistakes.length > 0;
  }

  override addOption(option: Option): this {
    const { parseArg } = option;
    if (parseArg !== undefined) option.argParser(this.#collecting(option, parseArg));
    return super.addOption(option);
  }

  /** Returns no unknown options but those that ask for help, after telling them. */
  override parseOptions(argv: string[]): ParseOptionsResult {
    const { operands, unknown } = super.parseOptions(argv);
    const flags = unknown.filter((argument) => argument.startsWith('-') && argument.length > 1);
    const isHelp = (flag: string): boolean => flag === '-h' || flag === '--help';
    for (const flag of flags) if (!isHelp(flag)) this.unknownOption(flag);
    return { operands, unknown: flags.filter(isHelp) };
  }

  /** Collects an error of commander instead of ending the process. */
  override error(message: string): never {
    this.#mistakes.push(message.replace(errorPrefix, '').replace('\n', ' '));
    return undefined as never;
  }

  /**
   * Ends the command with all mistakes, if there are any; with exit code 2 if the command line itself is wrong.
   * @param others sentences about what the options say together
   * @throws CommanderError, or RangeError if there are only others.
   */
  fail(others: readonly string[]): void {
    const all = [...this.#mistakes, ...others];
    const text =
      all.length === 1 ? all.join('') : `${counted(all.length, 'mistake')}:\n  ${all.join('\n  ')}`;
    if (this.isWrong) super.error(`error: ${text}`, { code: 'commander.mistakes', exitCode: 2 });
    if (all.length > 0) throw new RangeError(text);
  }

  #collecting(option: Option, parse: Parse): Parse {
    return (text, previous) => {
      // Commander goes on after telling that the last option lacks its argument.
      if (text === undefined) return previous;
      try {
        return parse(text, previous);
      } catch (error) {
        if (!(error instanceof InvalidArgumentError)) throw error;
        this.error(`option '${option.flags}' argument '${text}' is invalid. ${error.message}`);
      }
    };
  }
}
