import { existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Engine } from '../engine/index.ts';
import { SnapshelfError } from '../errors.ts';
import { type ModelFile, readModelFile, shippedModels, storedModel } from '../model/index.ts';
import { SharedModels } from './shared-models.ts';

/** A model that collections can be made with. */
export interface HeldModel extends Pick<ModelFile, 'id' | 'path'> {
  readonly name: string;
  /** Numbers per vector. */
  readonly dimension: number;
  /** True for the model of new collections that name none. */
  readonly isDefault: boolean;
}

/** A file among the models that is none, or was changed. */
export interface DamagedModel {
  /** Its base name. */
  readonly file: string;
  readonly error: Error;
}

/** The parts of a retriever that its models are found by. */
export interface HeldModelsOptions {
  readonly data: string;
  readonly defaultModel: ModelFile | undefined;
  readonly gallery: Pick<Engine, 'records'>;
}

const storedName = /^([0-9a-f]{64})\.onnx$/;

/** The models of a data folder, those that ship, and the default one. Each file is read once, until it changes. */
export class HeldModels {
  readonly #data: string;
  readonly #defaultModel: ModelFile | undefined;
  readonly #shared: SharedModels;
  readonly #known = new Map<string, { readonly state: string; readonly model: Promise<ModelFile> }>();

  constructor({ data, defaultModel, gallery }: HeldModelsOptions) {
    this.#data = data;
    this.#shared = new SharedModels(gallery, data);
    this.#defaultModel = defaultModel;
  }

  /** Lists the models, the default one first, then by name, and the files that cannot be read as one. */
  async list(): Promise<{ readonly models: HeldModel[]; readonly damaged: DamagedModel[] }> {
    await this.#shared.takeAll();
    const paths = [...(await this.#storedPaths()), ...[...shippedModels.values()].filter(existsSync)];
    const read = await Promise.allSettled(paths.map((path) => this.#read(path)));
    const files = read.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    const damaged = read.flatMap((one, at) =>
      one.status === 'rejected' ? [{ file: basename(paths[at] ?? ''), error: one.reason as Error }] : [],
    );
    const all = this.#defaultModel === undefined ? files : [this.#defaultModel, ...files];
    const byId = new Map(all.toReversed().map((model) => [model.id, model]));
    const models = [...byId.values()].map(({ id, path, metadata: { name, dimension } }) => {
      return { id, path, name, dimension, isDefault: id === this.#defaultModel?.id };
    });
    const place = ({ isDefault, name, id }: HeldModel): string => `${isDefault ? 0 : 1} ${name} ${id}`;
    return { models: models.sort((a, b) => (place(a) < place(b) ? -1 : 1)), damaged };
  }

  /**
   * Finds a model by its identity (SHA-256), the beginning of it (8 digits or more), or its name.
   * @throws SnapshelfError `model-not-found`, which lists the models, if there is none or several.
   */
  async find(wanted: string): Promise<HeldModel> {
    const { models } = await this.list();
    const named = models.filter(({ name }) => name === wanted);
    const isBeginning = /^[0-9a-f]{8,64}$/.test(wanted);
    const found = named.length > 0 ? named : models.filter(({ id }) => isBeginning && id.startsWith(wanted));
    const [first, second] = found;
    if (first !== undefined && second === undefined) return first;
    const list = models.map(({ name, id }) => `${name} (${id.slice(0, 12)})`).join(', ');
    const problem = first === undefined ? 'No model is called' : 'Several models are called';
    throw new SnapshelfError(
      'model-not-found',
      `${problem} ${JSON.stringify(wanted)}. Name one of these, or its identity: ${list === '' ? 'there is none' : list}.`,
      { details: { models: models.map(({ id, name }) => ({ id, name })) } },
    );
  }

  async #storedPaths(): Promise<string[]> {
    const folder = join(this.#data, 'models');
    const names = existsSync(folder) ? await readdir(folder) : [];
    return names.filter((name) => storedName.test(name)).map((name) => join(folder, name));
  }

  async #read(path: string): Promise<ModelFile> {
    const { mtimeMs, size } = await stat(path);
    const state = `${mtimeMs} ${size}`;
    const known = this.#known.get(path);
    if (known?.state === state) return known.model;
    const id = storedName.exec(basename(path))?.[1];
    const model = id === undefined ? readModelFile(path) : storedModel(this.#data, id);
    this.#known.set(path, { state, model });
    model.catch(() => this.#known.delete(path));
    return model;
  }
}
