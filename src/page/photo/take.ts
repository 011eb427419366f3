import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { english } from '../english.ts';
import { searchPhoto } from '../shop/query.ts';
import { readPhoto } from './photo.ts';

/** The problem of the last photo that was given; undefined if it could be read. */
export const photoProblem = signal<string | undefined>(undefined);
/** True while something is dragged over the page. */
export const isDragged = signal(false);

/** Takes the pictures of a drop, a paste or a choice as the query: one, or several. */
export async function takeFiles(files: readonly File[], { isMore = false } = {}): Promise<void> {
  photoProblem.value = undefined;
  let adds = isMore;
  for (const file of files) {
    try {
      searchPhoto(await readPhoto(file, file.name), { isMore: adds });
      adds = true;
    } catch {
      photoProblem.value = english.query.unreadable(file.name);
    }
  }
}

const filesOf = (data: DataTransfer | null): File[] => [...(data?.files ?? [])];

/** Listens to drops and pastes everywhere on the page while `isOn`. */
export function useDrops(isOn: boolean): void {
  useEffect(() => {
    if (!isOn) return;
    const stop = new AbortController();
    const { signal } = stop;
    let depth = 0;
    const hasFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') === true;
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
    on('dragover', (event) => hasFiles(event) && event.preventDefault());
    on('drop', (event) => {
      depth = 0;
      isDragged.value = false;
      const files = filesOf(event.dataTransfer);
      if (files.length === 0) return;
      event.preventDefault();
      void takeFiles(files);
    });
    on('paste', (event) => {
      const files = filesOf(event.clipboardData).filter(({ type }) => type.startsWith('image/'));
      if (files.length === 0) return;
      event.preventDefault();
      void takeFiles(files);
    });
    return () => stop.abort();
  }, [isOn]);
}
