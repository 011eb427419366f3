import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { english } from '../english.ts';
import { searchPhoto } from '../shop/query.ts';
import { readPhoto } from './photo.ts';

const { query } = english;

/** The problem of the last photo that was given; undefined if it could be read. */
export const photoProblem = signal<string | undefined>(undefined);
/** True while something is dragged over the page. */
export const isDragged = signal(false);

/** Photos that are being read. */
export const photosBeingRead = signal(0);

/** Says why a file cannot be searched with. */
function reasonOf({ name, type, size }: File): string {
  if (size === 0) return query.emptyFile(name);
  return /\.hei[cf]$/i.test(name) || /hei[cf]/.test(type)
    ? query.unreadableHeic(name)
    : query.unreadable(name);
}

/** The last query that photos were given for: what of an earlier one is still being read comes too late. */
let turn = 0;

/** Takes the pictures of a drop, a paste or a choice as the query: one, or several. */
export async function takeFiles(files: readonly File[], { isMore = false } = {}): Promise<void> {
  photoProblem.value = undefined;
  if (!isMore) turn += 1;
  const mine = turn;
  let adds = isMore;
  for (const file of files) {
    photosBeingRead.value += 1;
    const photo = await readPhoto(file, file.name).catch(() => undefined);
    photosBeingRead.value -= 1;
    if (mine !== turn) return;
    if (photo === undefined) photoProblem.value = reasonOf(file);
    else searchPhoto(photo, { isMore: adds });
    adds ||= photo !== undefined;
  }
}

const filesOf = (data: DataTransfer | null): File[] => [...(data?.files ?? [])];

const isField = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.closest('input, textarea, select') !== null;

const hasFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') === true;

for (const name of ['dragover', 'drop'] as const)
  document.addEventListener(name, (event) => {
    // A browser would leave the page for a file that is dropped where nobody takes it.
    const isTaken = event.target instanceof HTMLInputElement && event.target.type === 'file';
    if (hasFiles(event) && !isTaken) event.preventDefault();
  });

/** Listens to drops and pastes everywhere on the page. */
export function useDrops(): void {
  useEffect(() => {
    const stop = new AbortController();
    const { signal } = stop;
    let depth = 0;
    const on = <K extends keyof DocumentEventMap>(
      name: K,
      handle: (event: DocumentEventMap[K]) => void,
    ): void => document.addEventListener(name, handle, { signal });
    on('dragenter', (event) => {
      if (!hasFiles(event)) return;
      depth += 1;
      isDragged.value = true;
    });
    on('dragleave', (event) => {
      if (!hasFiles(event)) return;
      depth = Math.max(0, depth - 1);
      isDragged.value = depth > 0;
    });
    on('drop', (event) => {
      depth = 0;
      isDragged.value = false;
      const files = filesOf(event.dataTransfer);
      if (files.length === 0) return;
      void takeFiles(files);
    });
    on('paste', (event) => {
      const given = filesOf(event.clipboardData);
      const pictures = given.filter(({ type }) => type.startsWith('image/'));
      // A text that is pasted into a field is meant for it.
      if (given.length === 0 && isField(event.target)) return;
      event.preventDefault();
      if (pictures.length > 0) void takeFiles(pictures);
      else photoProblem.value = given[0] === undefined ? query.noPicture : reasonOf(given[0]);
    });
    return () => stop.abort();
  }, []);
}
