import { closeSync, fsyncSync, openSync } from 'node:fs';

/** Makes renames and new names in the folder survive a power loss. */
export function syncDirectory(directory: string): void {
  const descriptor = openSync(directory, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
