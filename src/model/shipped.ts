import { fileURLToPath } from 'node:url';

const pathOf = (name: string): string =>
  fileURLToPath(new URL(`../../../models/${name}.onnx`, import.meta.url));

/** The models that come with the package: the paths of their files by name. */
export const shippedModels: ReadonlyMap<string, string> = new Map(
  ['snapshelf-generalist', 'imagenet-lite0', 'snapshelf-lite'].map((name) => [name, pathOf(name)]),
);

/**
 * The path of the model for pictures of any kind, which is taken where none is named. It ships with the package
 * (`models/snapshelf-generalist.onnx`).
 * @example
 * ```ts
 * import { defaultModel, Embedder } from 'snapshelf';
 *
 * await using embedder = await Embedder.open(defaultModel);
 * ```
 */
export const defaultModel: string = pathOf('snapshelf-generalist');
