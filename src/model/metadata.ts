import { SnapshelfError } from '../errors.ts';
import type { Filter, Preprocessing, Resize } from '../image/index.ts';

/** What a model file says of itself, in its ONNX metadata under `metadataKey`. */
export interface ModelMetadata {
  readonly formatVersion: 1;
  readonly name: string;
  readonly architecture: string;
  /** Length D of an embedding. */
  readonly dimension: number;
  readonly preprocessing: Preprocessing;
  /** SHA-256 of the weights that the model was made from, hexadecimal. */
  readonly weightsSha256?: string | undefined;
  /** The run that trained it: dataset, recipe, recall, whatever the trainer noted. */
  readonly training?: Readonly<Record<string, unknown>> | undefined;
  /** How its feature was made shorter, and what that keeps; undefined where it was not. */
  readonly projection?: Readonly<Record<string, unknown>> | undefined;
  /** How it was made to compute on bytes, and what that lost; undefined of a float model. */
  readonly quantization?: Readonly<Record<string, unknown>> | undefined;
  /** When it was exported, ISO 8601. */
  readonly createdAt?: string | undefined;
}

/** The entry of `metadata_props` that holds the metadata as JSON. */
export const metadataKey = 'snapshelf';

const largestSide = 4096;
const largestDimension = 65_536;
const filters: readonly unknown[] = ['bilinear', 'bicubic', 'lanczos'] satisfies Filter[];

type Fields = Readonly<Record<string, unknown>>;

const invalid = (why: string): SnapshelfError =>
  new SnapshelfError(
    'model-invalid',
    `not a Snapshelf model: ${why}. Make one with: snapshelf export --help`,
  );

function fieldsOf(value: unknown, field: string): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  throw invalid(`${field} is not an object`);
}

function text(value: unknown, field: string): string {
  if (typeof value === 'string' && value !== '' && value.length <= 1000) return value;
  throw invalid(`${field} is not a text`);
}

function count(value: unknown, field: string, maximum: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= maximum) return value;
  throw invalid(`${field} is not a whole number from 1 to ${maximum}`);
}

function sha256(value: unknown, field: string): string {
  if (typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)) return value;
  throw invalid(`${field} is not 64 hexadecimal digits`);
}

function time(value: unknown, field: string): string {
  if (typeof value === 'string' && !Number.isNaN(Date.parse(value))) return value;
  throw invalid(`${field} is not a time`);
}

function filter(value: unknown): Filter {
  if (filters.includes(value)) return value as Filter;
  throw invalid(`preprocessing.resize.filter is none of ${filters.join(', ')}`);
}

function parseResize(value: unknown): Resize {
  const field = 'preprocessing.resize';
  const resize = fieldsOf(value, field);
  const side = (name: string): number => count(resize[name], `${field}.${name}`, largestSide);
  switch (resize['mode']) {
    case 'none':
      return { mode: 'none' };
    case 'short-side':
      return { mode: 'short-side', size: side('size'), filter: filter(resize['filter']) };
    case 'squash':
      return {
        mode: 'squash',
        width: side('width'),
        height: side('height'),
        filter: filter(resize['filter']),
      };
    default:
      throw invalid(`${field}.mode is none of none, short-side, squash`);
  }
}

function parsePreprocessing(value: unknown): Preprocessing {
  const { resize, crop } = fieldsOf(value, 'preprocessing');
  const { width, height } = fieldsOf(crop, 'preprocessing.crop');
  return {
    resize: parseResize(resize),
    crop: {
      width: count(width, 'preprocessing.crop.width', largestSide),
      height: count(height, 'preprocessing.crop.height', largestSide),
    },
  };
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    throw invalid(`its "${metadataKey}" metadata is not JSON`);
  }
}

/** The metadata in a model's properties. Throws `model-invalid`, naming the field that is missing or wrong. */
export function parseMetadata(properties: ReadonlyMap<string, string>): ModelMetadata {
  const json = properties.get(metadataKey);
  if (json === undefined) throw invalid(`it has no "${metadataKey}" metadata`);
  const fields = fieldsOf(parseJson(json), 'the metadata');
  if (fields['formatVersion'] !== 1)
    throw invalid(`its format version is ${JSON.stringify(fields['formatVersion'])}, this release reads 1`);
  const { weightsSha256, training, projection, quantization, createdAt } = fields;
  return {
    formatVersion: 1,
    name: text(fields['name'], 'name'),
    architecture: text(fields['architecture'], 'architecture'),
    dimension: count(fields['dimension'], 'dimension', largestDimension),
    preprocessing: parsePreprocessing(fields['preprocessing']),
    ...(weightsSha256 === undefined ? {} : { weightsSha256: sha256(weightsSha256, 'weightsSha256') }),
    ...(training === undefined ? {} : { training: fieldsOf(training, 'training') }),
    ...(projection === undefined ? {} : { projection: fieldsOf(projection, 'projection') }),
    ...(quantization === undefined ? {} : { quantization: fieldsOf(quantization, 'quantization') }),
    ...(createdAt === undefined ? {} : { createdAt: time(createdAt, 'createdAt') }),
  };
}

/** The metadata as the value of the property `metadataKey`. */
export const serializeMetadata = (metadata: ModelMetadata): string => JSON.stringify(metadata);
