import { MemoryRecords, type RecordEntry, type StoredRecord } from '../../../src/engine/index.ts';
import { SnapshelfError } from '../../../src/errors.ts';

/** Records that other servers share, as those of an engine are, and that give no answer while they are away. */
export class SharedRecords extends MemoryRecords {
  override readonly areShared = true;
  isAway = false;
  /** Is away for reads of records alone: the engine goes between a list and what it names. */
  isUnreadable = false;

  override async read(path: string, maxBytes: number): Promise<StoredRecord | undefined> {
    this.#check(this.isAway || this.isUnreadable);
    return super.read(path, maxBytes);
  }

  override async list(folder: string, name?: string): Promise<RecordEntry[]> {
    this.#check(this.isAway);
    return super.list(folder, name);
  }

  #check(isAway: boolean): void {
    if (isAway) throw new SnapshelfError('engine-unavailable', 'The engine gives no answer. Try again.');
  }
}
