import { InvalidArgumentError, Option } from 'commander';
import { checkJob } from '../retrieval/index.ts';

function parse(text: string): string {
  try {
    checkJob(text);
    return text;
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
}

/** The option `--job`: the name of an import that several machines do together. */
export const jobOption = (): Option =>
  new Option(
    '--job <name>',
    'do it together with other machines that run the same command before the same engine, with the same pictures: each does parts, and takes those of one that ended',
  )
    .argParser(parse)
    .conflicts('prune');
