import { InvalidArgumentError, Option } from 'commander';

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

/** Makes the option `--expand`. */
export const expandOption = (): Option =>
  new Option(
    '--expand <numbers>',
    'search by the query and its n nearest items, each with the weight cos^alpha; such as n=3,alpha=3',
  ).argParser(numbersOf(['n', 'alpha'], 'n=3,alpha=3'));

/** Makes the option `--rerank`. */
export const rerankOption = (): Option =>
  new Option(
    '--rerank <numbers>',
    'k-reciprocal re-ranking of the nearest items; such as depth=100,k1=20,k2=6,lambda=0.3, any of them',
  ).argParser(numbersOf(['depth', 'k1', 'k2', 'lambda'], 'depth=100,k1=20,k2=6,lambda=0.3'));

/** Makes the option `--views`. */
export const viewsOption = (): Option =>
  new Option('--views <how>', 'score of a product: of its best item, or the mean of all').choices([
    'max',
    'mean',
  ]);
