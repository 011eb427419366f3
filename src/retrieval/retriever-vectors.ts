import { RetrieverQueries } from './retriever-queries.ts';
import {
  type AddedVectors,
  type AddVectorsOptions,
  addVectors,
  type VectorRows,
} from './vectors/add-vectors.ts';
import { type ExportVectorsOptions, exportVectors, type VectorExport } from './vectors/export-vectors.ts';
import {
  type ImportVectorsOptions,
  importVectors,
  type VectorItemFiles,
  type VectorReport,
} from './vectors/import-vectors.ts';

/** The part of a retriever that takes and gives vectors in the place of pictures. */
export abstract class RetrieverVectors extends RetrieverQueries {
  /**
   * Stores items by the vectors that a model has made elsewhere, without pictures, in transactions of at most 1,000. Each row has
   * its own result; an item of the same id is replaced whole, with its picture if it has one.
   * @param modelId the identity of the model that made the vectors: that of the collection
   * @throws SnapshelfError `model-mismatch`, `collection-not-found`, `read-only`, `disk-full`; `field-type-mismatch` before
   * anything is stored, if it is strict; RangeError unless there is a vector for each item.
   * @throws unknown the signal's reason if it aborts.
   */
  async addVectors(
    name: string,
    modelId: string,
    rows: VectorRows,
    options?: AddVectorsOptions,
  ): Promise<AddedVectors> {
    const info = await this.gallery.info(name);
    const { items, vectors } = rows;
    if (vectors.length !== items.length * info.dimension)
      throw new RangeError(
        `vectors must have ${items.length} x ${info.dimension} numbers, one row for each item, not ${vectors.length}.`,
      );
    return addVectors(this.gallery, info, modelId, rows, options);
  }

  /**
   * Imports a `.npy` file of vectors with the JSON Lines file of their items, and with the folder of their pictures if there is one, in memory that does not grow with their number. What
   * is there just so is passed over, so an import that was interrupted continues where it was.
   * @param modelId the identity of the model that made the vectors: that of the collection
   * @throws SnapshelfError as `addVectors`; `source-invalid` and `dimension-mismatch` for the files, before anything is stored.
   * @throws unknown the signal's reason if it aborts.
   */
  async importVectors(
    name: string,
    modelId: string,
    files: VectorItemFiles,
    options?: ImportVectorsOptions,
  ): Promise<VectorReport> {
    return importVectors(this.gallery, await this.gallery.info(name), modelId, files, {
      ...options,
      pictureRules: this.pictureRules,
    });
  }

  /**
   * Writes the raw vectors and the items of a collection to files that `importVectors` and NumPy read, by rising id, and their pictures
   * into a folder, if one is named.
   * @throws SnapshelfError `collection-not-found`, `filter-invalid`, `item-damaged`, `engine-cannot`, `disk-full`, `not-writable`.
   * @throws unknown the signal's reason if it aborts.
   */
  exportVectors(name: string, files: VectorItemFiles, options?: ExportVectorsOptions): Promise<VectorExport> {
    return exportVectors(this.gallery, name, files, options);
  }
}
