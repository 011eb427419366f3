import { InvalidArgumentError, Option } from 'commander';
import type { CropChoice } from '../retrieval/index.ts';

/** Makes a parser of numbers such as `n=3,alpha=3`, any of `names`. */
const numbersOf =
  <Name extends string>(names: readonly Name[], example: string) =>
  (text: string): Partial<Record<Name, number>> => {
    const pairs = text.split(',').map((part): [string, number] => {
      const [, name = '', number = ''] = /^(\w+)=(\S+)$/.exec(part.trim()) ?? [];
      if (!(names as readonly string[]).includes(name) || !Number.isFinite(Number(number)))
        throw new InvalidArgumentError(`Expected numbers such as ${example}.`);
      return [name, Number(number)];
    });
    if (new Set(pairs.map(([name]) => name)).size < pairs.length)
      throw new InvalidArgumentError('A number is there twice.');
    return Object.fromEntries(pairs) as Partial<Record<Name, number>>;
  };

/** Makes the option `--expand`; `before` goes before what it does, as "also measure: ". */
export const expandOption = (before = ''): Option =>
  new Option(
    '--expand <numbers>',
    `${before}search by the query and its n nearest items, each with the weight cos^alpha; such as n=3,alpha=3`,
  ).argParser(numbersOf(['n', 'alpha'], 'n=3,alpha=3'));

/** Makes the option `--rerank`. */
export const rerankOption = (before = ''): Option =>
  new Option(
    '--rerank <numbers>',
    `${before}k-reciprocal re-ranking of the nearest items; such as depth=100,k1=20,k2=6,lambda=0.3, any of them`,
  ).argParser(numbersOf(['depth', 'k1', 'k2', 'lambda'], 'depth=100,k1=20,k2=6,lambda=0.3'));

/** Makes the option `--views`. */
export const viewsOption = (before = ''): Option =>
  new Option('--views <how>', `${before}score of a product: of its best item, or the mean of all`).choices([
    'max',
    'mean',
  ]);

/** Parses `auto`, or a box of four numbers in pixels. */
function cropOf(text: string): CropChoice {
  if (text === 'auto') return text;
  const numbers = text.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
  const [left = 0, top = 0, width = 0, height = 0] = numbers;
  if (numbers.length === 4 && numbers.every(Number.isFinite))
    return { unit: 'pixels', left, top, width, height };
  throw new InvalidArgumentError('Expected auto, or LEFT,TOP,WIDTH,HEIGHT in pixels.');
}

/** Makes the option `--crop`. */
export const cropOption = (): Option =>
  new Option(
    '--crop <box>',
    'the part of the picture to look at: auto for the box around its subject, which is printed, or LEFT,TOP,WIDTH,HEIGHT in pixels (default: all of it)',
  ).argParser(cropOf);
