import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Machine, type PartName, resultsSchema, type SetResult } from './results.ts';

type SetName = Pick<SetResult, 'vectors' | 'rows' | 'dimension'>;

/** Reads the file of results: none where there is no file. */
export async function readResults(path: string): Promise<SetResult[]> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  return text === undefined ? [] : resultsSchema.parse(JSON.parse(text)).sets;
}

/** Puts what a part measured into the file of results, in the place of what it measured before. */
export async function keepPart(
  path: string,
  { vectors, rows, dimension }: SetName,
  name: PartName,
  { part, machine }: { readonly part: unknown; readonly machine: Machine },
): Promise<void> {
  const all = await readResults(path);
  const isSame = (other: SetName): boolean =>
    other.vectors === vectors && other.rows === rows && other.dimension === dimension;
  const before = all.find(isSame);
  const parts = { ...before?.parts, [name]: part };
  const set = { vectors, rows, dimension, parts, machines: { ...before?.machines, [name]: machine } };
  const { sets } = resultsSchema.parse({ sets: [...all.filter((other) => !isSame(other)), set] });
  sets.sort((a, b) => a.rows - b.rows || a.vectors.localeCompare(b.vectors));
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `${JSON.stringify({ sets }, null, 1)}\n`);
}
