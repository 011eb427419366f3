import { existsSync } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { z } from 'zod';
import type { Engine, Records } from '../engine/index.ts';
import { SnapshelfError } from '../errors.ts';
import { hashFile, writeAtomically } from '../files/index.ts';
import { jsonOrUndefined } from '../json/index.ts';
import { storedModelPath } from '../model/index.ts';

/** Bytes of a part of a model, as the records of an engine keep it. */
const partBytes = 8 * 2 ** 20;
/** The record that is written last, when all parts are there. */
const whole = 'whole.json';
const wholeSchema = z.strictObject({ parts: z.int().min(1).max(4096), bytes: z.int().min(1) });

const folderOf = (id: string): string => `models/${id}`;
const partOf = (id: string, part: number): string => `${folderOf(id)}/${String(part).padStart(4, '0')}`;

/**
 * The models of the servers of one engine, which keeps those that do not ship: a server that lacks one takes it from there into its
 * data folder. Without shared records there are none.
 */
export class SharedModels {
  readonly #records: Records | undefined;
  readonly #data: string;

  constructor({ records }: Pick<Engine, 'records'>, data: string) {
    this.#records = records;
    this.#data = data;
  }

  /** Gives the servers a model of this data folder, if they do not have it. One that ships is in no folder: every server has it. */
  async give(id: string): Promise<void> {
    const records = this.#records;
    const path = storedModelPath(this.#data, id);
    if (records === undefined || !existsSync(path)) return;
    if ((await records.versionOf(`${folderOf(id)}/${whole}`)) !== undefined) return;
    await using file = await open(path);
    const { size } = await file.stat();
    const parts = Math.ceil(size / partBytes);
    const buffer = Buffer.alloc(Math.min(partBytes, size));
    for (let part = 0; part < parts; part += 1) {
      const { bytesRead } = await file.read(buffer, 0, buffer.length, part * partBytes);
      await records.write(partOf(id, part), buffer.subarray(0, bytesRead));
    }
    await records.write(`${folderOf(id)}/${whole}`, JSON.stringify({ parts, bytes: size }));
  }

  /**
   * Takes a model that the servers have into this data folder. Returns false if they have none of that identity.
   * @throws SnapshelfError `model-invalid` if it is not what was given; `disk-full`, `engine-unavailable`.
   */
  async take(id: string): Promise<boolean> {
    const records = this.#records;
    const found = await records?.read(`${folderOf(id)}/${whole}`, 1000);
    const known = wholeSchema.safeParse(jsonOrUndefined(found?.content.toString('utf8') ?? '')).data;
    if (records === undefined || known === undefined) return false;
    const path = storedModelPath(this.#data, id);
    await writeAtomically(path, partsOf(records, id, known.parts));
    const { sha256 } = await hashFile(path);
    if (sha256 === id) return true;
    await rm(path, { force: true });
    throw new SnapshelfError(
      'model-invalid',
      `The engine keeps the model ${id} damaged: its SHA-256 is ${sha256}. Put the file into the folder of models of each server.`,
    );
  }

  /** Takes all models that the servers have and this data folder lacks. */
  async takeAll(): Promise<void> {
    for (const { path } of (await this.#records?.list('models', whole)) ?? []) {
      const id = path.split('/')[1] ?? '';
      if (/^[0-9a-f]{64}$/.test(id) && !existsSync(storedModelPath(this.#data, id))) await this.take(id);
    }
  }
}

async function* partsOf(records: Records, id: string, parts: number): AsyncGenerator<Uint8Array> {
  for (let part = 0; part < parts; part += 1) {
    const found = await records.read(partOf(id, part), partBytes);
    if (found === undefined)
      throw new SnapshelfError('model-not-found', `The engine lacks a part of the model ${id}. Try again.`);
    yield found.content;
  }
}
