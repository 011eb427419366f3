import { FolderRecords, type Records, recordsOf } from '../engine/index.ts';
import { type EngineOptions, openEngine } from '../engines/index.ts';

/** The records of servers, open. */
export interface OpenRecords {
  readonly records: Records;
  close(): Promise<void>;
}

/**
 * Opens the records of the servers of a data folder: those of its engine, if that keeps some, else the files of the folder.
 * @throws SnapshelfError as `Retriever.open`.
 */
export async function openRecords(
  data: string,
  { engine, log }: Pick<EngineOptions, 'engine' | 'log'> = {},
): Promise<OpenRecords> {
  if (engine === undefined) return { records: new FolderRecords(data), close: async () => {} };
  const opened = await openEngine(data, { engine, log });
  return { records: recordsOf(opened, data), close: () => opened.close() };
}
