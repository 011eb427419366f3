import { stat } from 'node:fs/promises';
import { Command } from 'commander';
import { openEngine } from '../engines/index.ts';
import { SnapshelfError } from '../errors.ts';
import { readInput } from '../files/index.ts';
import { loadModelFile } from '../model/index.ts';
import { decodeModel, printModel, printValue, type ValueInfoProto } from '../onnx/index.ts';
import { cliLogger, plain } from './run.ts';

interface Options {
  readonly graph?: boolean;
  readonly json?: boolean;
}

function countNodes(opTypes: readonly string[]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const opType of opTypes.toSorted()) counts.set(opType, (counts.get(opType) ?? 0) + 1);
  return Object.fromEntries(counts);
}

async function modelInfo(path: string): Promise<object> {
  const { id, metadata, model } = await loadModelFile(path);
  const { irVersion, opsetImport, graph } = model;
  const opsets = Object.fromEntries(opsetImport.map(({ domain, version }) => [domain || 'onnx', version]));
  const operators = countNodes(graph?.node.map((node) => node.opType) ?? []);
  const values = (list: readonly ValueInfoProto[] = []): string => list.map(printValue).join(', ');
  return {
    path,
    sha256: id,
    ...metadata,
    irVersion,
    opsets,
    inputs: values(graph?.input),
    outputs: values(graph?.output),
    operators,
  };
}

async function galleryInfo(directory: string): Promise<object> {
  await using gallery = await openEngine(directory, { readOnly: true, log: cliLogger() });
  const damaged = (await gallery.damaged()).map(({ name, error }) => ({ name, error: error.message }));
  const collections = await gallery.collections();
  return { directory, collections, ...(damaged.length > 0 && { damaged }) };
}

const isPlain = (value: unknown): boolean => typeof value !== 'object' || value === null;

/** Lays out information as an indented outline, for a person. */
function outline(value: unknown, indent = ''): string {
  if (isPlain(value)) return `${indent}${String(value)}\n`;
  return Object.entries(value as object)
    .map(([key, entry]) =>
      isPlain(entry)
        ? `${indent}${key}: ${String(entry)}\n`
        : `${indent}${key}:\n${outline(entry, `${indent}  `)}`,
    )
    .join('');
}

/** Prints the graph of any ONNX file that can be decoded, also of one that would not be run. */
async function printGraph(path: string): Promise<void> {
  const bytes = await readInput(path, 2 ** 31 - 1, 'source-invalid', `The file ${path}`);
  process.stdout.write(plain(printModel(decodeModel(bytes))));
}

async function run(path: string, options: Options): Promise<void> {
  const found = await stat(path).catch((cause: unknown) => {
    throw new SnapshelfError('source-invalid', `There is no file or folder ${path}.`, { cause });
  });
  if (options.graph) {
    await printGraph(path);
    return;
  }
  const info = found.isDirectory() ? await galleryInfo(path) : await modelInfo(path);
  const bigintAsText = (_key: string, value: unknown): unknown =>
    typeof value === 'bigint' ? Number(value) : value;
  const text = JSON.stringify(info, bigintAsText, 2);
  process.stdout.write(options.json ? `${text}\n` : plain(outline(JSON.parse(text))));
}

/** Makes the command `snapshelf inspect`: information on a model file or a data folder. */
export const inspectCommand = (): Command =>
  new Command('inspect')
    .description('Print information on a model file (.onnx) or a data folder.')
    .argument('<path>', 'model file or data folder')
    .option('--graph', 'print the nodes of the model')
    .option('--json', 'print as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  $ snapshelf inspect models/resnet50.onnx\n  $ snapshelf inspect data',
    )
    .action(run);
