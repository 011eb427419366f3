import { Command, Option } from 'commander';
import { maxDimension } from '../engine/index.ts';
import {
  type EnginePlan,
  embeddingFigures,
  engineFigures,
  type Plan,
  type PlanRequest,
  planEngine,
  SizeModel,
} from '../sizing/index.ts';
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
const scaled = (bytes: number, unit: number, name: string): string =>
  `${(bytes / unit).toFixed(bytes < 10 * unit ? 1 : 0)} ${name}`;
/** Bytes as people say them: of a small collection no "0.0 GiB". */
function inBytes(bytes: number): string {
  if (bytes < gibibyte) return scaled(bytes, 2 ** 20, 'MiB');
  return bytes < 1024 * gibibyte ? scaled(bytes, gibibyte, 'GiB') : scaled(bytes, 2 ** 40, 'TiB');
}
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

/** Prints a value, or what it lies between where the figures do not say it well enough. */
const shown = (
  value: number,
  range: readonly number[] | undefined,
  print: (value: number) => string,
): string =>
  range === undefined ? print(value) : `${range.map(print).join(' to ')} (the figures say no more)`;

function rowsOf(plan: EnginePlan, { spread }: SizeModel['figures']): [string, string][] {
  const { nodes, shards, ranges } = plan;
  const each = (value: number): string =>
    nodes === 1 ? inBytes(value) : `${inBytes(value)}, ${inBytes(value / nodes)} each`;
  const rows: [string, string][] = [
    ['machines', `${nodes}${spread === 'parts' ? ` (shards=${shards})` : ''}`],
    ['memory', shown(plan.memoryBytes, ranges.memoryBytes, each)],
    ['disk', shown(plan.diskBytes, ranges.diskBytes, each)],
    ['searches', `${shown(plan.searchCores, ranges.searchCores, (cores) => cores.toFixed(1))} cores busy`],
    ['embedding pictures', `${inHours(plan.embedHours)} on one machine`],
    ['import and index', shown(plan.buildHours, ranges.buildHours, inHours)],
  ];
  if (plan.servers > 0) rows.push(['servers before it', String(plan.servers)]);
  return rows;
}

/** Prints what an engine needs, and how far its figures reach. */
function describe({ plan, model }: { readonly plan: EnginePlan; readonly model: SizeModel }): string {
  const { check, figures } = model;
  const { off } = check;
  const size = `${check.items.toLocaleString('en')} x ${check.dimension}`;
  return [
    `${plan.engine}${plan.refused === undefined ? '' : `: does not do, ${plan.refused}`}`,
    aligned(rowsOf(plan, figures).map(([what, value]) => [`  ${what}`, value])),
    `  figures: ${figures.measuredOn}; at ${size}, which is not fitted, memory ${percent(off.memoryBytes)}, disk ${percent(off.diskBytes)}, import ${percent(off.buildSeconds)}, search ${percent(off.queryMicros)}`,
  ].join('\n');
}

function run(options: Options): void {
  const request = requestOf(options);
  const planned = engineFigures.map((figures) => {
    const model = new SizeModel(figures);
    return { model, plan: planEngine(model, request) };
  });
  if (options.json) {
    const plans = planned.map(({ model, plan }) => ({
      ...plan,
      measuredOn: model.figures.measuredOn,
      check: model.check,
    }));
    const json: Plan = { request, plans };
    console.log(JSON.stringify(json, null, 2));
    return;
  }
  const { items, dimension, qps, replicas, nodeCores, embedding } = request;
  const { model, hardware, cores, imagesPerSecond } = embedding;
  console.log(
    `${counted(items, 'item')} of ${dimension} numbers, ${qps} searches a second, ${counted(replicas, 'copy', 'copies')}; machines of ${counted(nodeCores, 'core')} and ${options.nodeMemory} GiB; ${model} on ${hardware}, ${counted(imagesPerSecond, 'picture')} a second on ${cores === undefined ? 'a card' : counted(cores, 'core')}`,
  );
  for (const one of planned) console.log(`\n${describe(one)}`);
  const largest = Math.max(...planned.map((one) => one.model.check.items));
  if (items > largest)
    console.log(
      `\nNo collection of more than ${largest.toLocaleString('en')} was measured: these are the fitted curves continued. Try a tenth first.`,
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
    .addOption(count('--dimension <n>', 'numbers of a vector', maxDimension).default(512))
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
