type Fields = { [key: string]: unknown };

/** Every place of a report where another value would mislead, and what is put there. */
export const wrongValues: readonly [place: string, value: unknown][] = [
  ['formatVersion', 2],
  ['convention', 'another'],
  ['subject.protocol', '../../etc'],
  ['subject.queries', 'text'],
  ['seed', 1.5],
  ['dimension', 0],
  ['queries.labels', []],
  ['queries.ids', [1]],
  ['gallery', null],
  ['results', []],
  ['results.0.metric', '__proto__'],
  ['results.0.main.figures.0.mean', 2],
  ['results.0.main.figures.0.interval', [0]],
  ['results.0.tied', -1],
  ['results.0.histogram.edges', ['x']],
  ['results.0.perQuery.firstRelevant', []],
  ['results.0.perQuery.firstRelevant.0', -1],
  ['results.0.perQuery.figures', null],
  ['results.0.perQuery.figures.mrr', [0.5]],
  ['results.0.perQuery.figures.mrr.0', null],
  ['results.0.examples.0.neighbours', {}],
  ['circumstances.cores', 'many'],
];

/** A copy of a report with another value at a place: keys and indexes. */
export function withValue(target: unknown, [key = '', ...rest]: readonly string[], value: unknown): unknown {
  const copy = (Array.isArray(target) ? [...target] : { ...(target as object) }) as Fields;
  copy[key] = rest.length === 0 ? value : withValue(copy[key], rest, value);
  return copy;
}
