import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** A Python that imports torch and torchvision (SNAPSHELF_PYTHON or python3), or why there is none. */
export async function findPython(): Promise<{ python: string } | { missing: string }> {
  const python = process.env['SNAPSHELF_PYTHON'] ?? 'python3';
  try {
    await promisify(execFile)(python, ['-c', 'import torch, torchvision']);
    return { python };
  } catch (error) {
    const why = error instanceof Error ? error.message.trim().split('\n').at(-1) : String(error);
    return { missing: `${python} does not import torch and torchvision (${why}); set SNAPSHELF_PYTHON` };
  }
}
