import { Command, InvalidArgumentError } from 'commander';
import { describeBounds } from '../arguments.ts';
import { type LossOption, losses, lossOf } from '../nn/index.ts';
import { aligned } from './table.ts';

interface Options {
  readonly json?: boolean;
}

function rangeOf(option: LossOption): string {
  if (option.kind === 'choice') return `one of ${option.values.join(', ')}`;
  if (option.kind === 'flag') return 'true or false';
  const words = option.words === undefined ? '' : `, or ${option.words.join(' or ')}`;
  return `a ${option.kind === 'whole' ? 'whole ' : ''}number${describeBounds(option)}${words}`;
}

function rowOf(key: string, option: LossOption): readonly [string, string, string] {
  const unit = 'unit' in option ? ` ${option.unit}` : '';
  return [key, `${option.default}${unit}`, `${option.description} (${rangeOf(option)}; ${option.source})`];
}

function asData(name: string): Record<string, unknown> {
  const { description, source, comparesPictures, uses, options } = lossOf(name);
  return { name, description, source, comparesPictures, uses, options };
}

function list(isJson: boolean | undefined): string {
  const names = Object.keys(losses);
  if (isJson) return JSON.stringify(names.map(asData), null, 2);
  return aligned(names.map((name) => [name, lossOf(name).description]));
}

function describe(name: string, isJson: boolean | undefined): string {
  if (isJson) return JSON.stringify(asData(name), null, 2);
  const { description, source, comparesPictures, uses, options } = lossOf(name);
  const rows = Object.entries(options).map(([key, option]) => rowOf(key, option));
  const notes = [
    `${name}: ${description}`,
    `from ${source}`,
    comparesPictures
      ? 'compares the pictures of a batch: each label has several there (imagesPerLabel)'
      : 'looks at each picture alone',
    `values of the recipe that it uses: ${uses.length === 0 ? 'none' : uses.join(', ')}`,
  ];
  const table = rows.length === 0 ? 'It has no options of its own.' : aligned(rows);
  return `${notes.join('\n')}\n\n${table}`;
}

/** Checks the name of a loss; commander prints why it is refused, as a mistake of the command line. */
function known(name: string): string {
  if (Object.hasOwn(losses, name)) return name;
  throw new InvalidArgumentError(`There are ${Object.keys(losses).join(', ')}.`);
}

/** `snapshelf losses`: the losses to train with, and their options. */
export const lossesCommand = (): Command =>
  new Command('losses')
    .description(
      'List the losses of snapshelf train --loss, or the options of one with meaning, unit, range, default and source.',
    )
    .argument('[name]', 'loss whose options are printed', known)
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Examples:
  $ snapshelf losses
  $ snapshelf losses contrastive
  $ snapshelf train photos/ --out run --loss contrastive --set lossOptions.contrastive.normalize=true
  $ snapshelf train photos/ --out run --loss "cross-entropy + 0.0001 center"`,
    )
    .action((name: string | undefined, { json }: Options) => {
      console.log(name === undefined ? list(json) : describe(name, json));
    });
