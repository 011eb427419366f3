import type { IncomingMessage } from 'node:http';
import { keysOf, mayBeKey } from '../keys/key-text.ts';
import type { Keys } from '../keys/keys.ts';
// Not a request of a command, but the same secret.
import { isFromThisMachine, isSameText } from '../local/token.ts';
import type { Level } from './level.ts';

/** The sender of a request: the holder of a key, or a command of this machine. */
export interface Caller {
  /** The id of the key, or `machine`. */
  readonly id: string;
  readonly name: string;
  readonly level: Level;
  /** The collections that the caller may see; null: all. */
  readonly collections: readonly string[] | null;
}

const machine: Caller = { id: 'machine', name: 'machine', level: 'admin', collections: null };

/** Tells who sends a request, by its key. */
export class Callers {
  readonly #keys: Keys | undefined;
  readonly #token: string | undefined;
  readonly #known = new WeakMap<IncomingMessage, { readonly caller: Caller | undefined }>();

  /**
   * @param keys undefined: nobody is asked for a key
   * @param token the token of `server.json`, by which commands of this machine are known
   */
  constructor(keys: Keys | undefined, token?: string) {
    this.#keys = keys;
    this.#token = token;
  }

  /** True if requests need a key. */
  get areAsked(): boolean {
    return this.#keys?.areAsked === true;
  }

  /**
   * Resolves when it is known whether the key of a request is one that another server has just made; undefined if nothing has to be
   * waited for.
   * @throws SnapshelfError `engine-unavailable`.
   */
  awaitKey(request: IncomingMessage): Promise<void> | undefined {
    if (this.#keys?.areShared !== true) return undefined;
    const [key] = keysOf(request);
    if (key === undefined || !mayBeKey(key) || this.#keys.knows(key)) return undefined;
    return this.#keys.look();
  }

  /** True if a request brings different keys: which of them counted would depend on what stands in between. */
  bringsSeveral(request: IncomingMessage): boolean {
    return keysOf(request).length > 1;
  }

  /** Returns who sends a request; undefined without a valid key, and with several keys. */
  of(request: IncomingMessage): Caller | undefined {
    if (!this.areAsked) return undefined;
    const known = this.#known.get(request);
    if (known !== undefined) return known.caller;
    const [key, other] = keysOf(request);
    const isOne = key !== undefined && other === undefined && mayBeKey(key);
    const caller = isOne ? this.#find(key, request) : undefined;
    this.#known.set(request, { caller });
    return caller;
  }

  #find(key: string, request: IncomingMessage): Caller | undefined {
    const found = this.#keys?.find(key);
    if (found !== undefined || this.#token === undefined) return found;
    return isFromThisMachine(request) && isSameText(key, this.#token) ? machine : undefined;
  }
}
