import { SnapshelfError } from '../../errors.ts';
import type { KeyInfo } from './key-info.ts';
import { digestOf } from './key-text.ts';

/** Id and name of the key that the environment gives. */
const environment = 'environment';

/** A key with what a text is compared with. */
export interface Held {
  readonly info: KeyInfo;
  readonly digest: Buffer;
}

/** Makes the error of a key that there is none of. */
export const noKey = (idOrName: string): SnapshelfError =>
  new SnapshelfError(
    'key-not-found',
    idOrName === environment
      ? 'The key of the environment is revoked by starting the server without it.'
      : `No key has the id or name ${JSON.stringify(idOrName.slice(0, 100))}. The list of keys shows both.`,
  );

/** Checks the key of the environment. @throws TypeError. */
export function checkAdminKey(key: string | undefined): void {
  if (key === undefined || /^[\x21-\x7e]{32,512}$/.test(key)) return;
  // Its value is not shown: it is a secret.
  throw new TypeError(
    `adminKey must have 32 to 512 ASCII characters and no blanks; this one has ${key.length} characters. 32 random bytes in base64 will do.`,
  );
}

/** Makes the key of the environment one that is held like the others. */
export const heldAdmin = (key: string): Held => {
  const createdAt = new Date().toISOString();
  const none = { collections: null, expiresAt: null, lastUsedAt: null, revokedAt: null };
  return {
    info: { id: environment, name: environment, level: 'admin', createdAt, ...none },
    digest: digestOf(key),
  };
};
