import multer from 'multer';
import { SnapshelfError } from '../../errors.ts';

/** Returns the error for a body of more than `maxBytes` bytes. */
export const tooManyBytes = (maxBytes: number): SnapshelfError =>
  new SnapshelfError(
    'body-too-large',
    `The request has more than the ${maxBytes} bytes that are allowed here.`,
    {
      details: { maxBytes },
    },
  );

const messages: Readonly<Record<string, string>> = {
  LIMIT_PART_COUNT: 'The form has too many parts.',
  LIMIT_FILE_COUNT: 'The form has too many files.',
  LIMIT_FIELD_COUNT: 'The form has too many fields.',
  LIMIT_FIELD_KEY: 'The name of a form field is too long.',
  LIMIT_FIELD_NESTING: 'Names of form fields must not have brackets. Send objects as JSON text.',
  MISSING_FIELD_NAME: 'A part of the form has no name.',
};

/** Converts an error of multer about a form whose files belong in `fields`. */
export function formError(error: unknown, fields: readonly string[]): SnapshelfError {
  if (!(error instanceof multer.MulterError))
    return new SnapshelfError('request-invalid', `The form is malformed (${(error as Error).message}).`, {
      cause: error,
    });
  const given = JSON.stringify(error.field);
  if (error.code === 'LIMIT_FILE_SIZE')
    return new SnapshelfError('image-too-large', 'The image has too many bytes. Send a smaller one.');
  if (error.code === 'LIMIT_FIELD_VALUE')
    return new SnapshelfError('body-too-large', `The form field ${given} has too many bytes.`);
  if (error.code === 'LIMIT_UNEXPECTED_FILE')
    return new SnapshelfError(
      'request-invalid',
      fields.includes(error.field ?? '')
        ? `There are too many files in the form field ${given}.`
        : `${fields[0]?.startsWith('image') ? 'Pictures' : 'Files'} belong in the form field ${fields.map((field) => `"${field}"`).join(' or ')}, not ${given}.`,
    );
  return new SnapshelfError('request-invalid', messages[error.code] ?? error.message, { cause: error });
}
