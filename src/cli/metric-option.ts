import { InvalidArgumentError, Option } from 'commander';
import { type MetricOptions, metricNames } from '../eval/index.ts';

/** Parses the numbers of a metric: `a=1,b=0.8,P=0.5`, any of them. */
function metricNumbers(text: string): MetricOptions {
  const pairs = text.split(',').map((part): [string, number] => {
    const [, name, number = ''] = /^([abP])=(\S+)$/.exec(part.trim()) ?? [];
    if (name === undefined || !Number.isFinite(Number(number)))
      throw new InvalidArgumentError('Expected numbers such as a=1,b=0.8,P=0.5.');
    return [name, Number(number)];
  });
  if (new Set(pairs.map(([name]) => name)).size < pairs.length)
    throw new InvalidArgumentError('A number is there twice.');
  return Object.fromEntries(pairs);
}

/** Makes the option `--metric` of the names of the metrics, and `more`. */
export const metricOption = (description: string, more: readonly string[] = []): Option =>
  new Option('--metric <name>', description).choices([...metricNames, ...more]);

/** Makes the option `--metric-options`. */
export const metricOptionsOption = (): Option =>
  new Option(
    '--metric-options <numbers>',
    'a, b and P of weak-metric: 0 < b <= 1, b <= a, 1e-6 <= P <= 1 (default: a=1,b=0.8,P=0.5)',
  ).argParser(metricNumbers);
