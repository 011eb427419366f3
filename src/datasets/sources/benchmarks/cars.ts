import { readFileWithin, UnfitFile } from '../../../files/index.ts';
import { invalidSource } from '../invalid-source.ts';
import type { Listed } from './listing.ts';
import { decodeMatlab, MatlabError, type MatlabValue } from './matlab.ts';

/** The largest file, in bytes: a hundred times the published annotations. */
const largestFile = 64 * 2 ** 20;

const textIn = (value: MatlabValue | undefined): string | undefined =>
  value?.kind === 'text' ? value.text : undefined;

const numberIn = (value: MatlabValue | undefined): number | undefined =>
  value?.kind === 'numbers' ? value.data[0] : undefined;

/** Returns the name of a class; its number if it has none. */
function nameOf(names: MatlabValue | undefined, number: number): string {
  const cell = names?.kind === 'cells' ? names.items[number - 1] : undefined;
  return textIn(cell) ?? String(number);
}

async function readVariables(path: string): Promise<Map<string, MatlabValue>> {
  try {
    return decodeMatlab(await readFileWithin(path, largestFile));
  } catch (cause) {
    const ofTheFile = cause instanceof MatlabError || cause instanceof UnfitFile;
    if (!ofTheFile && !(cause instanceof Error && 'code' in cause)) throw cause;
    throw invalidSource(`The annotations ${path} cannot be read.`, { cause });
  }
}

/**
 * Lists Cars-196: classes 1 to 98 are for training, 99 to 196 for testing; the official split of pictures is not used.
 *
 * @throws SnapshelfError `source-invalid` if the annotations cannot be read
 */
export async function listCars(path: string): Promise<Listed[]> {
  const variables = await readVariables(path);
  const annotations = variables.get('annotations');
  if (annotations?.kind !== 'structs') throw invalidSource(`${path} has no structure array annotations.`);
  return annotations.items.map((annotation, at) => {
    const id = textIn(annotation.get('relative_im_path'));
    const number = numberIn(annotation.get('class'));
    if (id === undefined || number === undefined || !Number.isSafeInteger(number) || number < 1)
      throw invalidSource(`${path}, annotation ${at + 1} has no relative_im_path or no class.`);
    return {
      id,
      label: nameOf(variables.get('class_names'), number),
      split: number <= 98 ? 'train' : 'test',
    };
  });
}
