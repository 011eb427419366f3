import { Command, Option } from 'commander';
import { embeddingFigures, engineFigures, type PlanRequest, planEngine, SizeModel } from '../sizing/index.ts';
import { counted } from '../text.ts';
import { integer } from './options.ts';
import { aligned } from './table.ts';

interface Options {
  readonly items: number;
  readonly dimension: number;
  readonly qps: number;
  readonly replicas: number;
  readonly nodeMemory: number;
  readonly nodeCores: number;
  readonly pictureBytes: number;
  readonly model: string;
  readonly hardware: string;
  readonly json?: boolean;
}

const gibibyte = 2 ** 30;
const inGiB = (bytes: number): string => `${(bytes / gibibyte).toFixed(bytes < 10 * gibibyte ? 1 : 0)} GiB`;
const inHours = (hours: number): string =>
  hours < 1 ? `${Math.max(1, Math.round(60 * hours))} min` : `${hours.toFixed(hours < 10 ? 1 : 0)} h`;
const percent = (share: number): string => `${share < 0 ? '-' : '+'}${Math.abs(100 * share).toFixed(0)} %`;

function requestOf({ model, hardware, nodeMemory, json: _, ...rest }: Options): PlanRequest {
  const embedding = embeddingFigures.find((figure) => figure.model === model && figure.hardware === hardware);
  if (embedding === undefined)
    throw new RangeError(
      `hardware must be one that ${model} was measured on, not ${hardware}: ${embeddingFigures
        .filter((figure) => figure.model === model)
        .map((figure) => figure.hardware)
        .join(', ')}.`,
    );
  return { ...rest, nodeMemory: nodeMemory * gibibyte, embedding };
}

/** Prints what an engine needs, and how far its figures reach. */
function describe(model: SizeModel, request: PlanRequest): string {
  const plan = planEngine(model, request);
  const { check, figures } = model;
  const { off } = check;
  const each = (bytes: number): string =>
    plan.nodes === 1 ? inGiB(bytes) : `${inGiB(bytes)}, ${inGiB(bytes / plan.nodes)} each`;
  const rows: [string, string][] = [
    ['machines', `${plan.nodes}${figures.distributed ? ` (shards=${plan.shards})` : ''}`],
    ['memory', each(plan.memoryBytes)],
    ['disk', each(plan.diskBytes)],
    ['searches', `${plan.searchCores.toFixed(1)} cores busy`],
    ['import and index', inHours(plan.buildHours)],
    ['embedding pictures', `${inHours(plan.embedHours)} on one machine`],
  ];
  if (plan.servers > 0) rows.push(['servers before it', String(plan.servers)]);
  const size = `${check.items.toLocaleString('en')} x ${check.dimension}`;
  return [
    `${plan.engine}${plan.refused === undefined ? '' : `: does not do, ${plan.refused}`}`,
    aligned(rows.map(([what, value]) => [`  ${what}`, value])),
    `  figures: ${figures.measuredOn}; at ${size}, which is not fitted, memory ${percent(off.memoryBytes)}, disk ${percent(off.diskBytes)}, import ${percent(off.buildSeconds)}, search ${percent(off.queryMicros)}`,
  ].join('\n');
}

function run(options: Options): void {
  const request = requestOf(options);
  const models = engineFigures.map((figures) => new SizeModel(figures));
  if (options.json) {
    const plans = models.map((model) => ({ ...planEngine(model, request), check: model.check }));
    console.log(JSON.stringify(plans, null, 2));
    return;
  }
  const { items, dimension, qps, replicas, nodeCores, embedding } = request;
  console.log(
    `${counted(items, 'item')} of ${dimension} numbers, ${qps} searches a second, ${counted(replicas, 'copy', 'copies')}; machines of ${nodeCores} cores and ${options.nodeMemory} GiB; ${embedding.model} on ${embedding.hardware}`,
  );
  for (const model of models) console.log(`\n${describe(model, request)}`);
  const largest = Math.max(...models.map(({ check }) => check.items));
  if (items > largest)
    console.log(
      `\nNothing larger than ${largest.toLocaleString('en')} items was measured: these are the fitted curves continued. Try a tenth first.`,
    );
}

const count = (flags: string, description: string, most: number): Option =>
  new Option(flags, description).argParser(integer(1, most));
const namesOf = (key: 'model' | 'hardware'): string[] => [...new Set(embeddingFigures.map((f) => f[key]))];

/** Creates `snapshelf plan`: it tells the memory, disk, machines and time that a catalogue needs on each engine. */
export const planCommand = (): Command =>
  new Command('plan')
    .description(
      'Tell the memory, disk, machines and time that a catalogue needs on each engine, from measured figures.',
    )
    .addOption(count('--items <n>', 'pictures, such as 50e6', 1e12).makeOptionMandatory())
    .addOption(count('--dimension <n>', 'numbers of a vector', 65_536).default(512))
    .addOption(count('--qps <n>', 'searches by picture, a second', 1e6).default(10))
    .addOption(count('--replicas <n>', 'machines that keep each item', 9).default(1))
    .addOption(count('--node-memory <gib>', 'memory of a machine, GiB', 65_536).default(64))
    .addOption(count('--node-cores <n>', 'cores of a machine', 1024).default(16))
    .addOption(
      new Option('--picture-bytes <n>', 'bytes stored of a picture with its thumbnails, 0: none are stored')
        .argParser(integer(0, 1e9))
        .default(0),
    )
    .addOption(
      new Option('--model <name>', 'what embeds the pictures')
        .choices(namesOf('model'))
        .default('lite0-int8'),
    )
    .addOption(
      new Option('--hardware <name>', 'what the model runs on')
        .choices(namesOf('hardware'))
        .default('avx512-vnni'),
    )
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Three quarters of a machine's memory and 60 % of its cores are planned to be used.

Example:
  $ snapshelf plan --items 50e6 --dimension 512 --qps 200 --replicas 3`,
    )
    .action(run);
