import type { EmbeddingFigure } from './figures.ts';
import type { EnginePlan, PlanRequest } from './plan-schema.ts';
import type { Size, SizeModel } from './size-model.ts';

/** Shares of a machine's memory and of its cores that are planned to be used: the rest is for peaks, compaction and a lost machine. */
const usableMemory = 0.75;
const usableCores = 0.6;

/** Pictures embedded a second by a machine, or by its card. */
const rateOf = ({ cores, imagesPerSecond }: EmbeddingFigure, nodeCores: number): number =>
  cores === undefined ? imagesPerSecond : (imagesPerSecond / cores) * nodeCores;

/** The fewest parts each of which fits a machine, by the most that a part may take. */
function shardsFor(model: SizeModel, { items, dimension, nodeMemory }: PlanRequest): number {
  const [, most] = model.rangeOf('memoryBytes');
  const whole = most * model.sizeOf(items, dimension).memoryBytes;
  const base = most * model.sizeOf(0, dimension).memoryBytes;
  return Math.max(1, Math.ceil((whole - base) / Math.max(1, usableMemory * nodeMemory - base)));
}

/** The most of memory, and of cores that searches keep busy, that one machine holds. */
interface Load {
  readonly memoryBytes: number;
  readonly searchCores: number;
}

function refusal(
  { spread, maxDimension = Number.POSITIVE_INFINITY }: SizeModel['figures'],
  { memoryBytes, searchCores }: Load,
  { dimension, replicas, nodeMemory, nodeCores }: PlanRequest,
): string | undefined {
  if (dimension > maxDimension) return `it takes vectors of at most ${maxDimension} numbers`;
  if (spread === 'parts') return undefined;
  if (spread === 'one' && replicas > 1) return 'it keeps a collection on one machine';
  if (memoryBytes > usableMemory * nodeMemory) return 'the memory of one machine is too small';
  return searchCores > usableCores * nodeCores ? 'the cores of one machine are too few' : undefined;
}

/** The ranges of values that the model was far off with, by what it was off with. */
function rangesOf(model: SizeModel, plan: Omit<EnginePlan, 'ranges'>): EnginePlan['ranges'] {
  const keys = {
    memoryBytes: 'memoryBytes',
    diskBytes: 'diskBytes',
    buildHours: 'buildSeconds',
    searchCores: 'queryMicros',
  } as const satisfies Record<string, keyof Size>;
  return Object.fromEntries(
    Object.entries(keys).flatMap(([key, of]) => {
      const [low, high] = model.rangeOf(of);
      const value = plan[key as keyof typeof keys];
      return low === high ? [] : [[key, [low * value, high * value]]];
    }),
  );
}

/** Machines for the copies, for the memory and for the searches, whichever are more. */
function nodesFor(
  { spread }: SizeModel['figures'],
  { memoryBytes, searchCores }: Load,
  { replicas, nodeMemory, nodeCores }: PlanRequest,
): number {
  if (spread !== 'parts') return spread === 'one' ? 1 : replicas;
  const forMemory = Math.ceil(memoryBytes / (usableMemory * nodeMemory));
  const forSearches = Math.ceil(searchCores / (usableCores * nodeCores));
  return Math.max(replicas, forMemory, forSearches);
}

/** Plans an engine. What its model was far off with counts at the most that it may be. */
export function planEngine(model: SizeModel, request: PlanRequest): EnginePlan {
  const { items, dimension, qps, replicas, nodeCores, pictureBytes, embedding } = request;
  const { engine, spread, buildCores = nodeCores } = model.figures;
  const copies = spread === 'one' ? 1 : replicas;
  const shards = spread === 'parts' ? shardsFor(model, request) : 1;
  const part = model.sizeOf(items / shards, dimension);
  // A search asks one copy of each part.
  const searchCores = (qps * shards * part.queryMicros) / 1e6;
  const memoryBytes = copies * shards * part.memoryBytes;
  const most: Load = {
    memoryBytes: model.rangeOf('memoryBytes')[1] * (spread === 'copies' ? part.memoryBytes : memoryBytes),
    searchCores: model.rangeOf('queryMicros')[1] * searchCores,
  };
  const nodes = nodesFor(model.figures, most, request);
  const rate = rateOf(embedding, nodeCores);
  const serverShare = qps * (part.serverMicros / 1e6 / nodeCores + 1 / rate);
  // Copies of parts are indexed on each machine; those of the whole follow the one that is.
  const builds = spread === 'parts' ? (copies * shards) / nodes : 1;
  const refused = refusal(model.figures, most, request);
  const plan = {
    engine,
    ...(refused !== undefined && { refused }),
    nodes,
    shards,
    memoryBytes,
    diskBytes: copies * (shards * part.diskBytes + items * pictureBytes),
    searchCores,
    servers: spread === 'one' ? 0 : Math.max(2, Math.ceil(serverShare / usableCores)),
    buildHours: (builds * part.buildSeconds) / Math.min(nodeCores, buildCores) / 3600,
    embedHours: items / rate / 3600,
  };
  return { ...plan, ranges: rangesOf(model, plan) };
}
