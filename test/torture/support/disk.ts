import { mkdirSync, writeFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import type { DiskEvent } from './strace.ts';

/** A write that may still be in a cache of the system or the disk. */
interface Pending {
  readonly number: number;
  apply(content: Buffer): Buffer;
}

interface File {
  readonly kind: 'file';
  durable: Buffer;
  pending: Pending[];
}

interface Folder {
  readonly kind: 'folder';
  readonly now: Map<string, Node>;
  /** The names that survive: those of the last sync of the folder. */
  durable: Map<string, Node>;
}

type Node = File | Folder;

/**
 * What is there after a power cut. `strict`: only what was synced, of names too. `names`: every name, but of the content only what
 * was synced. `some`: every name, and any of the writes that were not synced.
 */
export type Loss = 'strict' | 'names' | 'some';

const newFolder = (): Folder => ({ kind: 'folder', now: new Map(), durable: new Map() });

function placed(content: Buffer, at: number, bytes: Buffer): Buffer {
  const length = Math.max(content.length, at + bytes.length);
  const copy = Buffer.alloc(length);
  content.copy(copy);
  bytes.copy(copy, at);
  return copy;
}

function resized(content: Buffer, length: number): Buffer {
  const copy = Buffer.alloc(length);
  content.copy(copy);
  return copy;
}

/** A disk that keeps apart what was written and what is durable, by the rules of POSIX and no more. */
export class Disk {
  readonly #top: string;
  readonly #root = newFolder();

  /** @param top the folder of the events, which is durable itself */
  constructor(top: string) {
    this.#top = top;
  }

  #find(path: string): { readonly folder: Folder; readonly name: string; readonly node: Node | undefined } {
    const parts = relative(this.#top, path).split(sep);
    const name = parts.pop() ?? '';
    let folder = this.#root;
    for (const part of parts) {
      const next = folder.now.get(part);
      if (next?.kind !== 'folder') throw new Error(`There is no folder of ${path}.`);
      folder = next;
    }
    return { folder, name, node: name === '' ? this.#root : folder.now.get(name) };
  }

  #change(path: string, number: number, apply: Pending['apply']): void {
    const { node } = this.#find(path);
    if (node?.kind === 'file') node.pending.push({ number, apply });
  }

  /** Performs the event of a number. */
  perform(event: DiskEvent, number: number): void {
    const { kind } = event;
    if (kind === 'write')
      this.#change(event.path, number, (content) => placed(content, event.at, event.bytes));
    else if (kind === 'truncate') this.#change(event.path, number, () => Buffer.alloc(0));
    else if (kind === 'resize') this.#change(event.path, number, (content) => resized(content, event.length));
    else if (kind !== 'print') this.#name(event);
  }

  /** Performs an event that concerns names, or syncs. */
  #name(event: Exclude<DiskEvent, { kind: 'print' }>): void {
    const { folder, name, node } = this.#find(event.path);
    if (event.kind === 'create' && node === undefined)
      folder.now.set(name, { kind: 'file', durable: Buffer.alloc(0), pending: [] });
    if (event.kind === 'make') folder.now.set(name, newFolder());
    if (event.kind === 'remove') folder.now.delete(name);
    if (event.kind === 'rename' && node !== undefined) {
      const to = this.#find(event.to);
      folder.now.delete(name);
      to.folder.now.set(to.name, node);
    }
    if (event.kind === 'sync' && node !== undefined) this.#sync(node, event.began);
  }

  #sync(node: Node, began: number): void {
    if (node.kind === 'folder') node.durable = new Map(node.now);
    else {
      for (const { number, apply } of node.pending) if (number < began) node.durable = apply(node.durable);
      node.pending = node.pending.filter(({ number }) => number >= began);
    }
  }

  /** Writes what is left after a power cut to a folder. */
  leave(to: string, loss: Loss, random: () => number): void {
    const walk = (folder: Folder, path: string): void => {
      mkdirSync(path, { recursive: true });
      for (const [name, node] of loss === 'strict' ? folder.durable : folder.now) {
        // Shared memory of processes that are gone: it is made anew.
        if (name.endsWith('-shm')) continue;
        if (node.kind === 'folder') walk(node, join(path, name));
        else {
          const kept = loss === 'some' ? node.pending.filter(() => random() < 0.5) : [];
          writeFileSync(
            join(path, name),
            kept.reduce((content, { apply }) => apply(content), node.durable),
          );
        }
      }
    };
    walk(this.#root, to);
  }
}
