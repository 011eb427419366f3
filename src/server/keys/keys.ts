import { SnapshelfError } from '../../errors.ts';
import { type Logger, silentLogger } from '../../log.ts';
import { checkStoredKey, maxKeys, readKeyFile, type StoredKey, writeKeyFile } from './key-file.ts';
import { checkSettings, type KeySettings } from './key-settings.ts';
import { digestOf, isSameDigest, newKey, newKeyId } from './key-text.ts';

/** A key without its secret. */
export type KeyInfo = Omit<StoredKey, 'sha256'>;

/** A key that was made. Its text is shown now and kept nowhere. */
export interface NewKey {
  readonly key: string;
  readonly info: KeyInfo;
}

/** Options of `Keys.open`. */
export interface KeysOptions {
  /** A further key, of the level `admin`, which is kept in memory only: 32 to 512 characters without blanks. */
  readonly adminKey?: string | undefined;
  /** Default: silent. */
  readonly log?: Logger | undefined;
}

/** Milliseconds between two writes of the times that keys were last used. */
const usesMs = 60_000;

/** Id and name of the key that the environment gives. */
const environment = 'environment';

interface Held {
  readonly info: KeyInfo;
  readonly digest: Buffer;
}

const infoOf = ({ sha256: _, ...info }: StoredKey): KeyInfo => info;

/**
 * The keys of a data folder. Of each only the SHA-256 is kept, in `keys.json`. One process at a time may change them: the one that
 * has the folder open.
 * @example
 * ```ts
 * import { Retriever } from 'snapshelf';
 * import { createApp, Keys } from 'snapshelf/server';
 *
 * const retriever = await Retriever.open('data');
 * const keys = await Keys.open('data');
 * const { key } = await keys.create({ name: 'web shop', level: 'search', collections: ['shop'] });
 * console.log(`shown once: ${key}`);
 * createApp({ retriever, keys, allow: 'admin' });
 * ```
 */
export class Keys {
  readonly #data: string;
  readonly #log: Logger;
  readonly #admin: Held | undefined;
  #stored: readonly StoredKey[];
  #held: readonly Held[] = [];
  #areAsked: boolean;
  readonly #uses = new Map<string, string>();
  readonly #timer: NodeJS.Timeout;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(data: string, stored: StoredKey[] | undefined, { adminKey, log }: KeysOptions) {
    this.#data = data;
    this.#log = log ?? silentLogger;
    this.#stored = stored ?? [];
    this.#admin = adminKey === undefined ? undefined : heldAdmin(adminKey);
    this.#areAsked = stored !== undefined || adminKey !== undefined;
    this.#hold();
    this.#timer = setInterval(() => void this.#writeUses(), usesMs).unref();
  }

  /**
   * Reads the keys of a data folder.
   * @throws SnapshelfError `keys-invalid` for a damaged `keys.json`.
   * @throws TypeError for an admin key that is too short, or has blanks.
   */
  static async open(data: string, options: KeysOptions = {}): Promise<Keys> {
    checkAdminKey(options.adminKey);
    return new Keys(data, await readKeyFile(data), options);
  }

  /** True if requests need a key: one was made once, or given. Revoking the last one does not open anything. */
  get areAsked(): boolean {
    return this.#areAsked;
  }

  /** Lists the keys without their secrets, revoked and expired ones included. */
  list(): KeyInfo[] {
    return this.#held.map(({ info }) => ({
      ...info,
      lastUsedAt: this.#uses.get(info.id) ?? info.lastUsedAt,
    }));
  }

  /**
   * Finds the valid key of a text. It looks at every key and compares each in constant time, so that neither the time nor the
   * answer tells which keys there are.
   */
  find(text: string): KeyInfo | undefined {
    const digest = digestOf(text);
    let found: KeyInfo | undefined;
    for (const held of this.#held) if (isSameDigest(held.digest, digest)) found = held.info;
    if (found === undefined || !isValid(found)) return undefined;
    this.#uses.set(found.id, new Date().toISOString());
    return found;
  }

  /**
   * Makes a key and keeps its SHA-256, durably.
   * @throws TypeError, RangeError for settings that are not accepted.
   * @throws SnapshelfError `keys-invalid` if a valid key has the name; `disk-full`, `not-writable`.
   */
  create(settings: KeySettings): Promise<NewKey> {
    const checked = checkSettings(settings);
    return this.#change(async () => {
      const key = newKey();
      const stored = checkStoredKey({
        id: newKeyId(),
        ...checked,
        name: checked.name ?? `${checked.level} ${this.#stored.length + 1}`,
        sha256: digestOf(key).toString('hex'),
        createdAt: new Date().toISOString(),
        lastUsedAt: null,
        revokedAt: null,
      });
      if (this.#held.some(({ info }) => info.name === stored.name && isValid(info)))
        throw new SnapshelfError(
          'keys-invalid',
          `A valid key has the name ${JSON.stringify(stored.name)}. Choose another, or revoke it first.`,
        );
      // The oldest keys that are over make room.
      const excess = this.#stored.length + 1 - maxKeys;
      const over = this.#stored.filter((one) => !isValid(one)).slice(0, Math.max(excess, 0));
      if (over.length < excess)
        throw new SnapshelfError('keys-invalid', `There are ${maxKeys} valid keys. Revoke some first.`);
      await this.#write([...this.#stored.filter((one) => !over.includes(one)), stored]);
      return { key, info: infoOf(stored) };
    });
  }

  /**
   * Revokes a key by its id or name, at once and for good. It stays in the list.
   * @throws SnapshelfError `key-not-found` if no valid key is so called.
   */
  revoke(idOrName: string): Promise<KeyInfo> {
    return this.#change(async () => {
      const found =
        this.#stored.find(({ id }) => id === idOrName) ??
        this.#stored.find((one) => one.name === idOrName && isValid(one));
      if (found === undefined) throw noKey(idOrName);
      const revoked = { ...found, revokedAt: found.revokedAt ?? new Date().toISOString() };
      await this.#write(this.#stored.map((one) => (one === found ? revoked : one)));
      return infoOf(revoked);
    });
  }

  /** Writes when keys were last used and ends. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#writeUses();
  }

  /** Runs one change after the other. */
  #change<T>(run: () => Promise<T>): Promise<T> {
    const done = this.#last.then(run, run);
    this.#last = done.catch(() => {});
    return done;
  }

  /** Writes the keys, then obeys them. */
  async #write(keys: readonly StoredKey[]): Promise<void> {
    const stored = keys.map((one) => ({ ...one, lastUsedAt: this.#uses.get(one.id) ?? one.lastUsedAt }));
    await writeKeyFile(this.#data, stored);
    this.#stored = stored;
    this.#areAsked = true;
    this.#uses.clear();
    this.#hold();
  }

  #hold(): void {
    const held = this.#stored.map((one) => ({ info: infoOf(one), digest: Buffer.from(one.sha256, 'hex') }));
    this.#held = this.#admin === undefined ? held : [this.#admin, ...held];
  }

  /** The times are for people: what cannot be written, in a folder that is only read, is let go. */
  async #writeUses(): Promise<void> {
    const isUsed = this.#stored.some(({ id }) => this.#uses.has(id));
    if (!isUsed) return;
    await this.#change(() => this.#write(this.#stored)).catch((error: Error) =>
      this.#log.debug(`when keys were used cannot be kept: ${error.message}`),
    );
  }
}

/** True for a key that is neither revoked nor expired. */
export const isValid = ({ revokedAt, expiresAt }: Pick<KeyInfo, 'revokedAt' | 'expiresAt'>): boolean =>
  revokedAt === null && (expiresAt === null || Date.parse(expiresAt) > Date.now());

const noKey = (idOrName: string): SnapshelfError =>
  new SnapshelfError(
    'key-not-found',
    idOrName === environment
      ? 'The key of the environment is revoked by starting the server without it.'
      : `No key has the id or name ${JSON.stringify(idOrName.slice(0, 100))}. The list of keys shows both.`,
  );

function checkAdminKey(key: string | undefined): void {
  if (key === undefined || /^[\x21-\x7e]{32,512}$/.test(key)) return;
  // Its value is not shown: it is a secret.
  throw new TypeError(
    `adminKey must have 32 to 512 ASCII characters and no blanks; this one has ${key.length} characters. 32 random bytes in base64 will do.`,
  );
}

const heldAdmin = (key: string): Held => {
  const createdAt = new Date().toISOString();
  const none = { collections: null, expiresAt: null, lastUsedAt: null, revokedAt: null };
  return {
    info: { id: environment, name: environment, level: 'admin', createdAt, ...none },
    digest: digestOf(key),
  };
};
