import { basename } from 'node:path';
import { counted } from '../text.ts';
import type { Plan } from './formats.ts';
import { baseline } from './plan.ts';
import { shares } from './split.ts';

interface Counts {
  readonly labels: number;
  readonly pictures: number;
}

const sized = ({ labels, pictures }: Counts): string =>
  `${counted(pictures, 'picture')} of ${counted(labels, 'label')}`;

/** Says what all trainings of a bake-off have in common. */
export function aboutOf({ protocol, sources, seeds, id }: Plan): { name: string; value: string }[] {
  const { parts, architecture, weights, recipe, recipeName, seed, data } = protocol;
  const facts: Readonly<Record<string, string>> = {
    Pictures: `${sources.map((path) => basename(path)).join(', ')} (SHA-256 of ids and labels ${data})`,
    'Final training': sized(parts.training),
    Search: `${sized(parts.search)}, chosen on ${sized(parts.validation)}`,
    Test: sized(parts.test),
    Network: architecture,
    Start: weights === null ? 'random weights' : `weights of SHA-256 ${weights}`,
    Recipe: `${recipeName}: ${counted(recipe.epochs, 'epoch')}, batch ${recipe.batch}, ${recipe.size} pixels (test ${recipe.testSize}), learning rate ${recipe.learningRate}, momentum ${recipe.momentum}, weight decay ${recipe.weightDecay}, BatchNorm ${recipe.batchNorm}`,
    Seeds: `${seeds.join(', ')}; search and labels ${seed}`,
    'Bake-off': id,
  };
  return Object.entries(facts).map(([name, value]) => ({ name, value }));
}

/**
 * States the rules of a bake-off, as sentences.
 * @param machines the number of machines that results come from
 */
export function rulesOf({ protocol }: Plan, machines: number): string[] {
  const { split, selection, recipe, imagesPerLabel } = protocol;
  return [
    split === 'own'
      ? 'The test labels are those that the data set states; nothing was trained or chosen on them.'
      : `Of the labels ${100 * shares.test} % are the test, drawn by a hash of seed and label; nothing was trained or chosen on them.`,
    `Of the training labels ${100 * shares.validation} % are held out in the search: each loss's own number is the one of the stated few with the best ${selection} there, with one seed. All other options have their defaults.`,
    'The final trainings see all training labels; each touches the test labels once, after its last step.',
    `Network, start, dimension, pictures and schedule are the same for all losses, and so are the ${recipe.epochs} times floor(n / ${recipe.batch}) steps: the learning rate is that of the recipe, not chosen for each loss.`,
    `Losses that compare pictures have batches of ${recipe.batch / imagesPerLabel} labels with ${counted(imagesPerLabel, 'picture')} each; the others have shuffled batches of as many pictures.`,
    'The last weights count: no training ends early, and no epoch is chosen.',
    'Queries leave their ranking by id; queries without another picture of their label are left out. Search is exact.',
    `The comparison with ${baseline} is a paired bootstrap over queries; the deviation is that over seeds.`,
    'Seconds a step are medians of a run on a machine that may have had other work.',
    ...(machines > 1
      ? [
          `The results come from ${machines} machines or devices, named below: seconds a step of different ones are not comparable, and sums in another order round otherwise.`,
        ]
      : []),
  ];
}
