import { SnapshelfError } from '../errors.ts';
import { asSentence, parseJsonWithin } from '../json/index.ts';
import { type ModelMetadata, metadataSchema } from './metadata-schema.ts';

/** The entry of `metadata_props` that has the metadata as JSON. */
export const metadataKey = 'snapshelf';

const mostCharacters = 2 ** 20;
const mostValues = 100_000;

const invalid = (reason: string, cause?: unknown): SnapshelfError =>
  new SnapshelfError(
    'model-invalid',
    `This is not a Snapshelf model. ${reason} Make a model with \`snapshelf export\`.`,
    { cause },
  );

function parseJson(json: string): unknown {
  try {
    if (json.length > mostCharacters) throw new RangeError(`It has more than ${mostCharacters} characters.`);
    return parseJsonWithin(json, { values: mostValues });
  } catch (cause) {
    const reason = asSentence((cause as Error).message);
    throw invalid(`Its metadata "${metadataKey}" is not JSON, or too much. ${reason}`, cause);
  }
}

/**
 * Parses the metadata in a model's properties. Fields that this release does not know are left out.
 *
 * @throws SnapshelfError `model-invalid`; the message names the field that is missing or wrong
 */
export function parseMetadata(properties: ReadonlyMap<string, string>): ModelMetadata {
  const json = properties.get(metadataKey);
  if (json === undefined) throw invalid(`It has no metadata "${metadataKey}".`);
  const { data, error } = metadataSchema.safeParse(parseJson(json));
  if (data !== undefined) return data;
  const [issue] = error.issues;
  throw invalid(`The field ${issue?.path.join('.') || metadataKey} ${issue?.message}.`, error);
}

/** Returns the metadata as the value of the property `metadataKey`. */
export const serializeMetadata = (metadata: ModelMetadata): string => JSON.stringify(metadata);
