import { z } from 'zod';
import { GraphBuilder } from '../../graph/index.ts';
import {
  type GivenLossOptions,
  type LossOption,
  type LossSetting,
  losses,
  lossOf,
  lossOptionsOf,
  sumOfLosses,
} from '../../nn/index.ts';
import { choice, described, flag, group, infoOf, mustBe, number, whole } from './fields.ts';
import { lossText, parseLoss } from './loss-expression.ts';

const longest = 1000;

/** The schema of the loss: the text of a sum, which is kept in one way of writing it. */
export function lossField(description: string) {
  const range = 'one of snapshelf losses, or a sum such as cross-entropy + 0.0001 center';
  const says = mustBe(`a text of at most ${longest} characters`);
  const text = z
    .string(says)
    .max(longest, says)
    .superRefine((value, context) => {
      try {
        parseLoss(value);
      } catch (error) {
        const message = (error as Error).message.replace(/^loss /, '');
        context.addIssue({ code: 'custom', message, continue: false });
      }
    })
    .overwrite((value) => lossText(parseLoss(value)));
  return described(text, { description, range });
}

function optionField(option: LossOption): z.ZodType {
  const description = `${option.description} (default ${option.default})`;
  if (option.kind === 'choice') return choice(description, option.values);
  if (option.kind === 'flag') return flag(description);
  const field = option.kind === 'whole' ? whole(description, option) : number(description, option);
  return option.words === undefined ? field : orWords(field, description, option.words);
}

/** A number, or one of some texts. */
function orWords(field: z.ZodNumber, description: string, words: readonly string[]): z.ZodType {
  const range = `${infoOf(field)?.range}, or ${words.join(' or ')}`;
  return described(z.union([field, z.literal(words)], mustBe(range)), { description, range });
}

const optionsOf = (name: string): z.ZodType =>
  group(
    Object.fromEntries(
      Object.entries(lossOf(name).options).map(([key, option]) => [key, optionField(option).optional()]),
    ),
  );

/** The schema of the losses' options, made from the table of losses. */
export function lossOptionsField(description: string) {
  const options = Object.fromEntries(Object.keys(losses).map((name) => [name, optionsOf(name).optional()]));
  const range = 'an object by loss, such as {"triplet":{"margin":0.3}}';
  // The keys follow from the table, so that TypeScript knows them as texts.
  return described(group(options) as unknown as z.ZodType<GivenLossOptions, GivenLossOptions>, {
    description,
    range,
  });
}

/** A value of a recipe that does not go with others, and why. */
export interface Problem {
  readonly path: string;
  readonly message: string;
}

interface LossPart extends Readonly<Record<LossSetting, unknown>> {
  readonly loss: string;
  readonly lossOptions: GivenLossOptions;
  readonly batch: number;
  readonly imagesPerLabel: number | null;
  readonly sampler: string;
  readonly backboneMultiplier: number;
  readonly classifierMultiplier: number;
}

/** The values of settings with which they do nothing, or that recipes have by themselves. */
const neutral: Readonly<Record<LossSetting, readonly unknown[]>> = {
  smoothing: [0, 0.1],
  temperature: [1],
  classWeights: ['none'],
  distillation: [1],
  dropout: [0, 0.5],
};

/** The settings that no loss of a sum has a use for. */
export function unusedSettings(loss: string): LossSetting[] {
  const used = new Set(parseLoss(loss).flatMap(({ name }) => lossOf(name).uses));
  return (Object.keys(neutral) as LossSetting[]).filter((key) => !used.has(key));
}

/** The message about a setting that a loss has no use for, to be put behind the setting's name. */
export const hasNoUse = (loss: string): string => `must be left out: the loss ${loss} has no use for it`;

/** True if a loss compares the pictures of a batch with each other. */
export const comparesPictures = ({ loss, lossOptions }: Pick<LossPart, 'loss' | 'lossOptions'>): boolean =>
  parseLoss(loss).some(({ name }) => {
    const definition = lossOf(name);
    const isPairless = definition.isPairless?.(lossOptionsOf(definition, lossOptions[name])) ?? false;
    return definition.comparesPictures && !isPairless;
  });

/** The problems of a sampler that gives a loss that compares pictures none of the same label. */
function problemsOfPairs(recipe: LossPart): Problem[] {
  const { loss, imagesPerLabel, sampler, batch } = recipe;
  const problems: Problem[] = [];
  if (!comparesPictures(recipe)) return problems;
  const why = `the loss ${loss} compares pictures of a label with each other and with those of other labels`;
  if (imagesPerLabel !== null && (imagesPerLabel < 2 || 2 * imagesPerLabel > batch))
    problems.push({
      path: 'imagesPerLabel',
      message: `must be from 2 to half of the batch, or null, not ${imagesPerLabel}: ${why}`,
    });
  if (sampler !== 'shuffled')
    problems.push({ path: 'sampler', message: `must be left out, not ${sampler}: ${why}` });
  return problems;
}

/** The problems of options that do not count where losses are added. */
const weightsTwice = (lossOptions: GivenLossOptions, names: readonly string[]): Problem[] =>
  names.flatMap((name) =>
    Object.keys(lossOptions[name] ?? {})
      .filter((key) => lossOf(name).options[key]?.isOfOneAlone)
      .map((key) => ({
        path: `lossOptions.${name}.${key}`,
        message: `must be left out in a sum of losses: write the number in front of ${name}`,
      })),
  );

/** True if a loss has parameters of its own: a classifier, proxies, centres. */
function learnsByItself({ loss, lossOptions }: LossPart): boolean {
  const g = new GraphBuilder('loss', { batchNorm: 'batch' });
  const embedding = g.input('embedding', 'float32', [4, 4]);
  const labels = g.input('label', 'int64', [4]);
  sumOfLosses(g, parseLoss(loss), { embedding, labels, classes: 2 }, lossOptions);
  return g.parameters.size > 0;
}

/** The problem of a run in which nothing would change. */
function problemsOfLearning(recipe: LossPart): Problem[] {
  const { loss, backboneMultiplier, classifierMultiplier } = recipe;
  if (backboneMultiplier > 0 || (classifierMultiplier > 0 && learnsByItself(recipe))) return [];
  const message = `must be above 0, not 0: the loss ${loss} has nothing of its own to learn, such as a classifier with a classifierMultiplier above 0`;
  return [{ path: 'backboneMultiplier', message }];
}

/** The problems of batches for which a loss needs too much memory. */
const problemsOfMemory = ({ lossOptions, batch }: LossPart, names: readonly string[]): Problem[] =>
  names.flatMap((name) => {
    const definition = lossOf(name);
    const most = definition.largestBatch?.(lossOptionsOf(definition, lossOptions[name])) ?? batch;
    if (batch <= most) return [];
    const why = `with these options ${name} needs memory for batch x batch x batch numbers`;
    return [{ path: 'batch', message: `must be at most ${most}, not ${batch}: ${why}` }];
  });

/** The problems of a loss with the values that only some losses have a use for. */
export function problemsOfLoss(recipe: LossPart): Problem[] {
  const { loss, lossOptions } = recipe;
  const names = parseLoss(loss).map(({ name }) => name);
  const idle = unusedSettings(loss).filter((key) => !neutral[key].includes(recipe[key]));
  const strangers = Object.keys(lossOptions).filter((name) => !names.includes(name));
  return [
    ...problemsOfPairs(recipe),
    ...problemsOfMemory(recipe, names),
    ...problemsOfLearning(recipe),
    ...idle.map((path) => ({ path, message: hasNoUse(loss) })),
    ...(names.length > 1 ? weightsTwice(lossOptions, names) : []),
    ...strangers.map((name) => ({
      path: `lossOptions.${name}`,
      message: `must be left out: the loss is ${loss}`,
    })),
  ];
}
