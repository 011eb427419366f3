import { SnapshelfError } from '../errors.ts';

/** The error for a file that is damaged or not what it should be. */
export const invalid = (message: string, cause?: unknown): SnapshelfError =>
  new SnapshelfError('weights-invalid', message, { cause });

/** The error for a PyTorch file that asks for code to be run. */
export const unsafe = (what: string): SnapshelfError =>
  new SnapshelfError(
    'weights-unsafe',
    `The PyTorch file asks for ${what}, which is not a tensor or a container; nothing of it was run. ` +
      'Save only the tensors, with torch.save(model.state_dict(), path) or as .safetensors.',
  );

/** A name out of a stranger's file, made fit for a message: quoted, no control characters, at most 100 characters. */
export const quote = (name: string): string =>
  JSON.stringify(name.length > 100 ? `${name.slice(0, 100)}...` : name);

/** A plain name as it is, any other as `quote` gives it. */
export const printable = (name: string): string => (/^[\w.-]{1,100}$/.test(name) ? name : quote(name));
