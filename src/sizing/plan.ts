import type { EmbeddingFigure } from './figures.ts';
import type { SizeModel } from './size-model.ts';

/** What is planned for. */
export interface PlanRequest {
  readonly items: number;
  readonly dimension: number;
  /** Searches by picture, a second. */
  readonly qps: number;
  /** Machines that keep each item. */
  readonly replicas: number;
  /** Memory of a machine, bytes. */
  readonly nodeMemory: number;
  readonly nodeCores: number;
  /** Bytes that are stored of a picture with its thumbnails. */
  readonly pictureBytes: number;
  readonly embedding: EmbeddingFigure;
}

/** What an engine needs for it. */
export interface EnginePlan {
  readonly engine: string;
  /** Why it does not do; undefined where it does. */
  readonly refused?: string;
  readonly nodes: number;
  /** Parts of the collection. */
  readonly shards: number;
  /** Of all machines together, bytes. */
  readonly memoryBytes: number;
  readonly diskBytes: number;
  /** Cores that searches keep busy, of all machines together. */
  readonly searchCores: number;
  /** Servers of Snapshelf before the engine, each with the cores of a machine; 0 where the engine is in the server. */
  readonly servers: number;
  /** Hours to import the vectors and build the index, on all cores of the machines. */
  readonly buildHours: number;
  /** Hours to embed the pictures, on one machine or card. */
  readonly embedHours: number;
}

/** Shares of a machine's memory and of its cores that are planned to be used: the rest is for peaks, compaction and a lost machine. */
const usableMemory = 0.75;
const usableCores = 0.6;

/** Pictures embedded a second by a machine, or by its card. */
const rateOf = ({ cores, imagesPerSecond }: EmbeddingFigure, nodeCores: number): number =>
  cores === undefined ? imagesPerSecond : (imagesPerSecond / cores) * nodeCores;

/** The fewest parts each of which fits a machine. */
function shardsFor(model: SizeModel, { items, dimension, nodeMemory }: PlanRequest): number {
  const whole = model.sizeOf(items, dimension).memoryBytes;
  const base = model.sizeOf(0, dimension).memoryBytes;
  return Math.max(1, Math.ceil((whole - base) / Math.max(1, usableMemory * nodeMemory - base)));
}

function refusal(plan: EnginePlan, { replicas, nodeMemory, nodeCores }: PlanRequest): string | undefined {
  if (replicas > 1) return 'it keeps a collection on one machine';
  if (plan.memoryBytes > usableMemory * nodeMemory) return 'the memory of one machine is too small';
  return plan.searchCores > usableCores * nodeCores ? 'the cores of one machine are too few' : undefined;
}

/** Plans an engine: machines for the memory, for the searches and for the copies, whichever are more. */
export function planEngine(model: SizeModel, request: PlanRequest): EnginePlan {
  const { items, dimension, qps, replicas, nodeMemory, nodeCores, pictureBytes, embedding } = request;
  const { engine, distributed } = model.figures;
  const shards = distributed ? shardsFor(model, request) : 1;
  const part = model.sizeOf(items / shards, dimension);
  // A search asks one copy of each part.
  const searchCores = (qps * shards * part.queryMicros) / 1e6;
  const memoryBytes = replicas * shards * part.memoryBytes;
  const nodes = distributed
    ? Math.max(
        replicas,
        Math.ceil(memoryBytes / (usableMemory * nodeMemory)),
        Math.ceil(searchCores / (usableCores * nodeCores)),
      )
    : 1;
  const rate = rateOf(embedding, nodeCores);
  const serverShare = qps * (part.serverMicros / 1e6 / nodeCores + 1 / rate);
  const plan: EnginePlan = {
    engine,
    nodes,
    shards,
    memoryBytes,
    diskBytes: replicas * (shards * part.diskBytes + items * pictureBytes),
    searchCores,
    servers: distributed ? Math.max(2, Math.ceil(serverShare / usableCores)) : 0,
    buildHours: (replicas * shards * part.buildSeconds) / (nodes * nodeCores) / 3600,
    embedHours: items / rate / 3600,
  };
  const refused = distributed ? undefined : refusal(plan, request);
  return refused === undefined ? plan : { ...plan, refused };
}
