import { FolderRecords, type Records } from '../../engine/index.ts';
import { SnapshelfError } from '../../errors.ts';
import { type Logger, silentLogger } from '../../log.ts';
import { Semaphore } from '../../threads/index.ts';
import { checkAdminKey, type Held, heldAdmin, noKey } from './admin-key.ts';
import {
  changeKeys,
  checkStoredKey,
  type ReadKeys,
  readChangedKeys,
  readKeys,
  type StoredKey,
} from './key-file.ts';
import { infoOf, isValid, type KeyInfo, laterOf, withRoomFor } from './key-info.ts';
import { checkSettings, type KeySettings } from './key-settings.ts';
import { digestOf, isSameDigest, newKey, newKeyId } from './key-text.ts';

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
/** Milliseconds between two looks for what other servers have changed: a key that was revoked there opens nothing after that. */
const lookMs = 1000;

/**
 * The keys of a data folder, or of the servers before one engine. Of each only the SHA-256 is kept, in `keys.json` or a record of that
 * name. Where servers share them, one that another has made works at once, and one that another has revoked for a second more.
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
  readonly #records: Records;
  readonly #log: Logger;
  readonly #admin: Held | undefined;
  #stored: readonly StoredKey[];
  #held: readonly Held[] = [];
  #areAsked: boolean;
  readonly #uses = new Map<string, string>();
  readonly #timers: NodeJS.Timeout[];
  #version: string | undefined;
  readonly #turns = new Semaphore(1);
  #looking: Promise<void> | undefined;

  private constructor(records: Records, found: ReadKeys | undefined, { adminKey, log }: KeysOptions) {
    this.#records = records;
    this.#log = log ?? silentLogger;
    this.#stored = found?.keys ?? [];
    this.#version = found?.version;
    this.#admin = adminKey === undefined ? undefined : heldAdmin(adminKey);
    this.#areAsked = found !== undefined || adminKey !== undefined;
    this.#hold();
    this.#timers = [setInterval(() => void this.#writeUses(), usesMs).unref()];
    const look = (): void =>
      void this.look().catch(({ message }: Error) =>
        this.#log.debug(`what other servers have changed of the keys is not known: ${message}`),
      );
    if (records.areShared) this.#timers.push(setInterval(look, lookMs).unref());
  }

  /**
   * Reads the keys of a data folder, or of other records.
   * @throws SnapshelfError `keys-invalid` for damaged keys.
   * @throws TypeError for an admin key that is too short, or has blanks.
   */
  static async open(where: string | Records, options: KeysOptions = {}): Promise<Keys> {
    checkAdminKey(options.adminKey);
    const records = typeof where === 'string' ? new FolderRecords(where) : where;
    return new Keys(records, await readKeys(records), options);
  }

  /** True if other servers may change the keys. */
  get areShared(): boolean {
    return this.#records.areShared;
  }

  /** True if a text is that of a key that is known here, valid or not. */
  knows(text: string): boolean {
    const digest = digestOf(text);
    return this.#held.filter((held) => isSameDigest(held.digest, digest)).length > 0;
  }

  /**
   * Looks for what other servers have changed; what they changed before the call is known when it resolves.
   * @throws SnapshelfError `keys-invalid`, `engine-unavailable`.
   */
  look(): Promise<void> {
    // In turn with changes: what was read before one must not take its place.
    this.#looking ??= this.#turns.run(1, () => {
      this.#looking = undefined;
      return this.#look();
    });
    return this.#looking;
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
    return this.#change((kept) => {
      const key = newKey();
      const stored = checkStoredKey({
        id: newKeyId(),
        ...checked,
        name: checked.name ?? `${checked.level} ${kept.length + 1}`,
        sha256: digestOf(key).toString('hex'),
        createdAt: new Date().toISOString(),
        lastUsedAt: null,
        revokedAt: null,
      });
      if ([...this.#admins, ...kept].some((one) => one.name === stored.name && isValid(one)))
        throw new SnapshelfError(
          'keys-invalid',
          `A valid key has the name ${JSON.stringify(stored.name)}. Choose another, or revoke it first.`,
        );
      return { keys: withRoomFor(kept, [stored]), answer: { key, info: infoOf(stored) } };
    });
  }

  /**
   * Takes the keys over that another place keeps, with all that is known of them. Returns how many were not here yet.
   * @throws SnapshelfError `keys-invalid` if there are too many; `disk-full`, `not-writable`, `engine-unavailable`.
   */
  async takeOver(from: Records): Promise<number> {
    const given = (await readKeys(from))?.keys ?? [];
    return this.#change((kept) => {
      const added = given.filter(({ id }) => !kept.some((one) => one.id === id));
      return { keys: withRoomFor(kept, added), answer: added.length };
    });
  }

  /**
   * Revokes a key by its id or name, at once and for good. It stays in the list.
   * @throws SnapshelfError `key-not-found` if no valid key is so called.
   */
  revoke(idOrName: string): Promise<KeyInfo> {
    return this.#change((kept) => {
      const found =
        kept.find(({ id }) => id === idOrName) ?? kept.find((one) => one.name === idOrName && isValid(one));
      if (found === undefined) throw noKey(idOrName);
      const revoked = { ...found, revokedAt: found.revokedAt ?? new Date().toISOString() };
      return { keys: kept.map((one) => (one === found ? revoked : one)), answer: infoOf(revoked) };
    });
  }

  /** Writes when keys were last used and ends. */
  async close(): Promise<void> {
    this.#timers.forEach(clearInterval);
    await this.#writeUses();
  }

  get #admins(): readonly KeyInfo[] {
    return this.#admin === undefined ? [] : [this.#admin.info];
  }

  #change<T>(change: Parameters<typeof changeKeys<T>>[1]): Promise<T> {
    return this.#turns.run(1, () => this.#write(change));
  }

  /** Writes a change, then obeys it. */
  async #write<T>(change: Parameters<typeof changeKeys<T>>[1]): Promise<T> {
    const uses = new Map(this.#uses);
    const { answer, ...read } = await changeKeys(this.#records, (kept) => {
      const changed = change(kept);
      const keys = changed.keys.map((one) => ({
        ...one,
        lastUsedAt: laterOf(one.lastUsedAt, uses.get(one.id)),
      }));
      return { keys, answer: changed.answer };
    });
    this.#take(read);
    for (const [id, time] of uses) if (this.#uses.get(id) === time) this.#uses.delete(id);
    return answer;
  }

  async #look(): Promise<void> {
    const found = await readChangedKeys(this.#records, this.#version);
    if (found !== undefined) this.#take(found);
  }

  #take({ keys, version }: ReadKeys): void {
    this.#stored = keys;
    this.#version = version;
    this.#areAsked = true;
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
    await this.#change((keys) => ({ keys, answer: undefined })).catch((error: Error) =>
      this.#log.debug(`when keys were used cannot be kept: ${error.message}`),
    );
  }
}
