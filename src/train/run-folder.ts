import { appendFile, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { SnapshelfError } from '../errors.ts';
import { writeFileAtomically } from '../weights/index.ts';
import { checkRecipe } from './check-recipe.ts';
import type { Recipe } from './recipe.ts';

/** What a run is: everything that its result follows from. Written before the first step and never changed. */
export interface RunConfig {
  readonly formatVersion: 1;
  readonly architecture: string;
  /** Name of the recipe that `recipe` began as. */
  readonly recipeName: string;
  readonly recipe: Recipe;
  readonly seed: number;
  /** Absolute paths of what is trained on. */
  readonly sources: readonly string[];
  /** Absolute paths of the query pictures that belong to each source, or none. */
  readonly queries: readonly string[];
  readonly weights: { readonly path: string; readonly sha256: string } | null;
  /** The model whose logits are learned, or none. */
  readonly teacher: { readonly path: string; readonly sha256: string } | null;
  /** Epochs between validations. */
  readonly validateEvery: number;
  readonly skipBad: boolean;
  readonly classes: number;
  readonly images: number;
  /** SHA-256 of the ids and labels of all training pictures, in order. */
  readonly data: string;
  /** SHA-256 of the labels in the order of their numbers: a teacher must number them alike. Null in runs of old. */
  readonly labels: string | null;
}

/** A line of the log. */
export type LogEntry = { readonly kind: string; readonly step: number } & Readonly<Record<string, unknown>>;

/** What runs did before there was a choice. */
const earlier = { teacher: null, labels: null } as const;
const earlierRecipe = { distillation: 1, similarity: 0, teacherScale: 1, progressive: [] } as const;

/** @throws RangeError, TypeError when the recipe is not one. */
function checked(read: RunConfig): RunConfig {
  const config = { ...earlier, ...read, recipe: { ...earlierRecipe, ...read.recipe } };
  checkRecipe(config.recipe);
  return config;
}

/** The files of a run. */
export class RunFolder {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** State and position after the last save. */
  get last(): string {
    return join(this.path, 'last.safetensors');
  }

  /** The weights that validated best. */
  get best(): string {
    return join(this.path, 'best.safetensors');
  }

  get config(): string {
    return join(this.path, 'run.json');
  }

  get log(): string {
    return join(this.path, 'log.jsonl');
  }

  /**
   * The configuration, or undefined where there is no run.
   * @throws SnapshelfError `run-invalid` when the file is damaged.
   */
  async readConfig(): Promise<RunConfig | undefined> {
    const text = await readIfThere(this.config);
    if (text === undefined) return undefined;
    try {
      const config = JSON.parse(text) as RunConfig | null;
      if (config?.formatVersion === 1) return checked(config);
    } catch (cause) {
      throw new SnapshelfError(
        'run-invalid',
        `${this.config} is damaged: ${cause instanceof Error ? cause.message : cause}.`,
        {
          cause,
        },
      );
    }
    throw new SnapshelfError('run-invalid', `${this.config} was written by another version of Snapshelf.`);
  }

  async writeConfig(config: RunConfig): Promise<void> {
    await writeFileAtomically(this.config, [Buffer.from(`${JSON.stringify(config, null, 2)}\n`)]);
  }

  async append(entry: LogEntry): Promise<void> {
    const line = JSON.stringify({ time: new Date().toISOString(), ...entry });
    await appendFile(this.log, `${line}\n`).catch((cause: unknown) => {
      throw explain(this.log, cause);
    });
  }

  async clearLog(): Promise<void> {
    await rm(this.log, { force: true });
  }

  /** Takes away what a process left that died while it wrote a file. */
  async removeTemporaries(): Promise<void> {
    for (const name of await readdir(this.path))
      if (/^\.(last|best)\.safetensors\..*\.tmp$/.test(name))
        await rm(join(this.path, name), { force: true });
  }

  /** Takes away what was logged after a position: what is done again is then logged once. */
  async cutLog(position: { readonly step: number; readonly validatedEpoch: number }): Promise<void> {
    const text = await readIfThere(this.log);
    if (text === undefined) return;
    const kept = text.split('\n').filter((line) => isUpTo(line, position));
    await writeFileAtomically(this.log, [Buffer.from(kept.map((line) => `${line}\n`).join(''))]);
  }
}

/** The last line may have been cut off by a crash. */
function isUpTo(line: string, position: { readonly step: number; readonly validatedEpoch: number }): boolean {
  try {
    const { kind, step, epoch } = JSON.parse(line) as LogEntry;
    if (kind === 'validation' && Number(epoch) > position.validatedEpoch) return false;
    return step <= position.step;
  } catch {
    return false;
  }
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function explain(path: string, cause: unknown): unknown {
  if ((cause as NodeJS.ErrnoException).code !== 'ENOSPC') return cause;
  return new SnapshelfError('disk-full', `There is no space left to write ${path}.`, { cause });
}
