import { SnapshelfError } from '../../errors.ts';
import { type Metric, metricOf } from '../../vectors/index.ts';
import type { Graph, GraphShape } from './graph.ts';
import { engineOf, requireEngine } from './index-engines.ts';
import { type IndexFiles, readNumbers } from './index-file.ts';
import type { HnswParameters } from './manifest.ts';
import { SlotTable } from './slot-table.ts';

/** True if the graph of a metric is of squared L2, else it is of 1 - inner product. */
export const isSquared = (metric: Metric): boolean => metricOf(metric).index.space === 'l2';

/** The shape of a graph, but for its nodes. */
export const shapeOf = (
  metric: Metric,
  dimension: number,
  { m, efConstruction }: HnswParameters,
): Omit<GraphShape, 'nodes'> => ({ dimension, m, efConstruction, l2: isSquared(metric) });

/**
 * Writes a graph to a file, and checks the file: engines do not always notice that a write fails.
 * @throws SnapshelfError `disk-full`.
 */
export function writeGraph(graph: Graph, path: string, shape: GraphShape): void {
  const { graphs } = requireEngine(graph.engine);
  const problem = attempt(() => graph.write(path)) ?? graphs.problemOf(path, shape);
  if (problem !== undefined)
    throw new SnapshelfError(
      'disk-full',
      `The index was not written whole to ${path} (${problem}). Free some space and try again.`,
    );
}

/** Returns the message of the error that `work` throws. */
function attempt(work: () => void): string | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Loads a graph and its table from files whose checksums were verified. Returns them, or what is wrong with them all the same. */
export function readGraph({
  manifest,
  paths,
}: IndexFiles): { readonly graph: Graph; readonly table: SlotTable } | { readonly problem: string } {
  const graphs = engineOf(manifest.engine);
  if ('problem' in graphs) return graphs;
  const shape = shapeOf(manifest.metric, manifest.dimension, manifest.parameters);
  const numbers = readNumbers(paths.labels);
  // The table makes room for each slot that it is told of: no more than the graph's file has.
  if (!((numbers[0] ?? 0) * graphs.nodeBytes(shape) <= manifest.files.vectors.bytes))
    return { problem: 'its sequences do not fit its graph' };
  const table = SlotTable.fromNumbers(numbers);
  if (table?.size !== manifest.count) return { problem: 'its sequences do not fit index.json' };
  const graph = graphs.load(paths.vectors, { ...shape, nodes: table.slots }, (slot) => table.isEmpty(slot));
  return 'problem' in graph ? graph : { graph, table };
}
