import { SnapshelfError } from '../../errors.ts';
import { isName } from './validate.ts';

/** Characters of the longest document that an engine keeps with a collection. */
export const maxDocument: number = 2 ** 20;

/**
 * Checks a document that is to be kept with a collection.
 * @throws TypeError for a key that is no name, or content that has a lone surrogate or the character NUL.
 * @throws SnapshelfError `item-invalid` for one that is too long.
 */
export function checkDocument(key: string, content: string | undefined): void {
  checkDocumentKey(key);
  if (content === undefined) return;
  if (typeof content !== 'string' || /[\p{Cs}\0]/u.test(content))
    throw new TypeError(`The document ${key} must be text without lone surrogates and NUL.`);
  if (content.length > maxDocument)
    throw new SnapshelfError(
      'item-invalid',
      `The document ${key} of a collection has ${content.length} characters, but may have ${maxDocument}.`,
    );
}

/** Checks the key of a document. @throws TypeError. */
export function checkDocumentKey(key: string): void {
  if (!isName(key)) throw new TypeError(`The key of a document must be a name, not ${JSON.stringify(key)}.`);
}
