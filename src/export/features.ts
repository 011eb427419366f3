import type { Preprocessing } from '../image/index.ts';
import type { Logger } from '../log.ts';
import { encodeModel, type ModelProto } from '../onnx/index.ts';
import { Session } from '../runtime/index.ts';
import { type OnPicture, readPictures } from './pictures.ts';

/** A picture file with its label. */
export interface LabelledFile {
  readonly path: string;
  readonly label: string;
}

/** Features of pictures, one per row, with the file and label of each. */
export interface Labelled {
  readonly rows: readonly Float32Array[];
  readonly paths: readonly string[];
  readonly labels: readonly string[];
}

/** Pictures to run a model on. */
export interface PictureFiles {
  readonly pictures: readonly LabelledFile[];
  readonly onPicture?: OnPicture | undefined;
}

/**
 * Runs a model on pictures, and leaves out those that cannot be read.
 *
 * @throws SnapshelfError `source-invalid` if none can be read
 */
export async function featuresOf(
  model: ModelProto,
  preprocessing: Preprocessing,
  { pictures, onPicture }: PictureFiles,
  log: Logger,
): Promise<Labelled> {
  const labelOf = new Map(pictures.map(({ path, label }) => [path, label]));
  const rows: Float32Array[] = [];
  const paths: string[] = [];
  const labels: string[] = [];
  await using session = await Session.open(encodeModel(model), { provider: 'cpu' });
  const files = readPictures([...labelOf.keys()], preprocessing, log, onPicture);
  for await (const { path, height, width, data } of files) {
    const outputs = await session.run({ image: { type: 'uint8', dims: [1, height, width, 3], data } });
    rows.push(outputs['embedding']?.data as Float32Array);
    paths.push(path);
    labels.push(labelOf.get(path) ?? '');
  }
  return { rows, paths, labels };
}
