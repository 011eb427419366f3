import multer from 'multer';
import { SnapshelfError } from '../../errors.ts';

export const tooManyBytes = (maxBytes: number): SnapshelfError =>
  new SnapshelfError('body-too-large', `the request has more than the ${maxBytes} bytes allowed here`, {
    details: { maxBytes },
  });

const messages: Readonly<Record<string, string>> = {
  LIMIT_PART_COUNT: 'the form has too many parts',
  LIMIT_FILE_COUNT: 'the form has too many files',
  LIMIT_FIELD_COUNT: 'the form has too many fields',
  LIMIT_FIELD_KEY: 'a field of the form has too long a name',
  LIMIT_FIELD_NESTING: 'names of fields have no brackets here: send objects as JSON text',
  MISSING_FIELD_NAME: 'a part of the form has no name',
};

/** What was wrong with a form whose files belong into `field`. */
export function formError(error: unknown, field: string): SnapshelfError {
  if (!(error instanceof multer.MulterError))
    return new SnapshelfError('request-invalid', `the form is malformed: ${(error as Error).message}`, {
      cause: error,
    });
  const given = JSON.stringify(error.field);
  if (error.code === 'LIMIT_FILE_SIZE')
    return new SnapshelfError('image-too-large', 'the image has too many bytes; send a smaller one');
  if (error.code === 'LIMIT_FIELD_VALUE')
    return new SnapshelfError('body-too-large', `the form field ${given} has too many bytes`);
  if (error.code === 'LIMIT_UNEXPECTED_FILE')
    return new SnapshelfError(
      'request-invalid',
      error.field === field
        ? `too many files in the form field ${given}`
        : `pictures belong into the form field "${field}", not ${given}`,
    );
  return new SnapshelfError('request-invalid', messages[error.code] ?? error.message, { cause: error });
}
