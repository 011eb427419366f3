import { SnapshelfError } from '../errors.ts';

/** Makes the error for a file that is damaged or of another format. */
export const invalid = (message: string, cause?: unknown): SnapshelfError =>
  new SnapshelfError('weights-invalid', message, { cause });

/** Makes the error for a PyTorch file that asks for code to be run. */
export const unsafe = (request: string): SnapshelfError =>
  new SnapshelfError(
    'weights-unsafe',
    `The PyTorch file asks for ${request}, which is not a tensor or a container; nothing of it was run. ` +
      'Save only the tensors, with torch.save(model.state_dict(), path) or as .safetensors.',
  );

/** Prints a name from outside for a message: quoted, without control characters, at most 100 characters. */
export const quote = (name: string): string =>
  JSON.stringify(name.length > 100 ? `${name.slice(0, 100)}...` : name);

/** Prints a name: a plain one as it is, any other quoted. */
export const printable = (name: string): string => (/^[\w.-]{1,100}$/.test(name) ? name : quote(name));
