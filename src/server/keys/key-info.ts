import { SnapshelfError } from '../../errors.ts';
import { maxKeys, type StoredKey } from './key-file.ts';

/** A key without its secret. */
export type KeyInfo = Omit<StoredKey, 'sha256'>;

/** Leaves the secret of a key out. */
export const infoOf = ({ sha256: _, ...info }: StoredKey): KeyInfo => info;

/** True for a key that is neither revoked nor expired. */
export const isValid = ({ revokedAt, expiresAt }: Pick<KeyInfo, 'revokedAt' | 'expiresAt'>): boolean =>
  revokedAt === null && (expiresAt === null || Date.parse(expiresAt) > Date.now());

/** Returns the later of two times, null for none. */
export const laterOf = (a: string | null, b: string | undefined): string | null =>
  b === undefined || (a !== null && a > b) ? a : b;

/** Adds keys to those that are kept. The oldest keys that are over make room. @throws SnapshelfError `keys-invalid`. */
export function withRoomFor(kept: readonly StoredKey[], added: readonly StoredKey[]): StoredKey[] {
  const excess = kept.length + added.length - maxKeys;
  const over = kept.filter((one) => !isValid(one)).slice(0, Math.max(excess, 0));
  if (over.length < excess)
    throw new SnapshelfError('keys-invalid', `There are ${maxKeys} valid keys. Revoke some first.`);
  return [...kept.filter((one) => !over.includes(one)), ...added];
}
