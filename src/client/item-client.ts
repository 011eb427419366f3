import { Calls, type ClientOptions, type WriteOptions } from './calls.ts';
import { type ImportItem, type ImportOptions, type ImportProgress, importTo } from './import-items.ts';
import { base64Of, blobOf, formOf, jsonOf } from './pictures.ts';
import type { CallOptions } from './send.ts';
import type * as types from './types.ts';
import {
  type ImportVectorsOptions,
  importVectorsTo,
  type VectorImportProgress,
  type VectorRows,
  type VectorToImport,
  vectorForm,
} from './vectors.ts';

/** Options of a walk over pages. */
export interface PagingOptions<Page> extends CallOptions {
  /** Is given each page, which says how many damaged items were left out. */
  readonly onPage?: ((page: Page) => void) | undefined;
}

type Inputs = types.RequestInputs;
type Answer<Id extends Parameters<Calls['json']>[0]> = Promise<types.AnswerOf<Id>>;

const readBlob = (response: Response): Promise<Blob> => response.blob();

/** The part of a client that searches and keeps items. */
export class ItemClient {
  protected readonly calls: Calls;

  /** @param url The address of the server, or the one that its application is mounted at. @throws TypeError if it is none. */
  constructor(url: string | URL, options: ClientOptions = {}) {
    this.calls = new Calls(url, options);
  }

  /** Returns the whole address of a link of an answer, such as `item.links.thumbnail`. */
  urlOf(link: string): string {
    return new URL(link, this.calls.base).href;
  }

  /** Finds the items that look like a picture, an item, a vector, or several with weights. */
  search(collection: string, query: types.SearchQuery, options?: CallOptions): Answer<'search'> {
    return this.calls.withPictures('search', [collection], query, options);
  }

  /** Walks over all results, page by page. */
  async *results(
    collection: string,
    query: types.SearchQuery,
    options: PagingOptions<types.SearchPage> = {},
  ): AsyncGenerator<types.SearchResult, void> {
    for (let after = query.after; ; ) {
      const page = await this.search(collection, { ...query, after }, options);
      options.onPage?.(page);
      yield* page.results;
      if (page.next === null) return;
      after = page.next;
    }
  }

  /** Searches several times; each search has an answer or an error of its own. */
  async searchBatch(
    collection: string,
    searches: readonly types.SearchQuery[],
    options?: CallOptions,
  ): Answer<'searchBatch'> {
    const encode = (picture: types.Picture) => base64Of(picture, this.calls.fetch, options?.signal);
    const encoded = searches.map(async ({ image, images, ...query }) => ({
      ...query,
      ...(image !== undefined && { image: await encode(image) }),
      ...(images !== undefined && { images: await Promise.all(images.map(encode)) }),
    }));
    const body = jsonOf({ searches: await Promise.all(encoded) });
    return this.calls.json('searchBatch', [collection], { body }, options);
  }

  /** Tells which parts of both pictures speak for a match. */
  explainMatch(collection: string, query: types.MatchQuery, options?: CallOptions): Answer<'explainMatch'> {
    return this.calls.withPictures('explainMatch', [collection], query, options);
  }

  /** Counts the values of fields, of the items that pass a filter. */
  getFacets(collection: string, query: Inputs['facets'], options?: CallOptions): Answer<'getFacets'> {
    return this.calls.json('getFacets', [collection], { body: jsonOf(query) }, options);
  }

  getDuplicates(
    collection: string,
    id: string,
    query?: Inputs['duplicates'],
    options?: CallOptions,
  ): Answer<'getDuplicates'> {
    return this.calls.json('getDuplicates', [collection, id], { query }, options);
  }

  /** Computes how similar two pictures are. */
  compare(query: types.Comparison, options?: CallOptions): Answer<'compare'> {
    return this.calls.withPictures('compare', [], query, options);
  }

  embed(query: types.EmbeddingQuery, options?: CallOptions): Answer<'embed'> {
    return this.calls.withPictures('embed', [], query, options);
  }

  /** Lists one page of items. */
  listItems(collection: string, query?: Inputs['list'], options?: CallOptions): Answer<'listItems'> {
    return this.calls.json('listItems', [collection], { query }, options);
  }

  /** Walks over all items, page by page. */
  async *items(
    collection: string,
    query: Inputs['list'] = {},
    options: PagingOptions<types.ItemPage> = {},
  ): AsyncGenerator<types.Item, void> {
    for (let after = query.after; ; ) {
      const page = await this.listItems(collection, { ...query, after }, options);
      options.onPage?.(page);
      yield* page.items;
      if (page.next === null) return;
      after = page.next;
    }
  }

  getItem(collection: string, id: string, options?: CallOptions): Answer<'getItem'> {
    return this.calls.json('getItem', [collection, id], {}, options);
  }

  /** Stores a picture with its fields, in place of the item that has the id. */
  putItem(collection: string, id: string, item: types.ItemInput, options?: WriteOptions): Answer<'putItem'> {
    return this.calls.withPictures('putItem', [collection, id], item, options);
  }

  /** Changes fields of an item and leaves its picture as it is. */
  updateItem(
    collection: string,
    id: string,
    changes: types.ItemUpdate,
    options?: WriteOptions,
  ): Answer<'updateItem'> {
    return this.calls.json('updateItem', [collection, id], { body: jsonOf(changes) }, options);
  }

  deleteItem(collection: string, id: string, options?: WriteOptions): Answer<'deleteItem'> {
    return this.calls.json('deleteItem', [collection, id], {}, options);
  }

  /** Stores several pictures, each with a result of its own. @throws TypeError if some have a picture and others an address. */
  async putItems(
    collection: string,
    items: readonly types.BatchItemInput[],
    options: CallOptions & { readonly strict?: boolean | undefined } = {},
  ): Answer<'putItems'> {
    const { strict, ...call } = options;
    const pictures = items.flatMap(({ image }) => (image === undefined ? [] : [image]));
    if (pictures.length !== 0 && pictures.length !== items.length)
      throw new TypeError('Either all items of a batch must have an image, or all an url.');
    const fields = { items: items.map(({ image: _, ...rest }) => rest), strict };
    if (pictures.length === 0)
      return this.calls.json('putItems', [collection], { body: jsonOf(fields) }, call);
    const { fetch } = this.calls;
    const blobs = await Promise.all(pictures.map((picture) => blobOf(picture, fetch, call.signal)));
    return this.calls.json('putItems', [collection], { body: formOf(fields, 'images', blobs) }, call);
  }

  /**
   * Imports any number of pictures in batches. What cannot be read or stored does not stop it. The next item is asked for when those before
   * it are stored.
   */
  importItems(
    collection: string,
    items: Iterable<ImportItem> | AsyncIterable<ImportItem>,
    options: CallOptions & ImportOptions = {},
  ): Promise<ImportProgress> {
    const { fetch } = this.calls;
    const target = {
      put: (batch: readonly types.BatchItemInput[]) => this.putItems(collection, batch, options),
      load: (picture: types.Picture) => blobOf(picture, fetch, options.signal),
      finish: (counts: Inputs['importReport']) => this.finishImport(collection, counts, options),
    };
    return importTo(target, items, options);
  }

  /** Says that an import is over, for webhooks of the type `import.finished`. `importItems` does it by itself. */
  finishImport(
    collection: string,
    counts: Inputs['importReport'] = {},
    options?: CallOptions,
  ): Answer<'finishImport'> {
    return this.calls.json('finishImport', [collection], { body: jsonOf(counts) }, options);
  }

  /**
   * Stores items by vectors that the model of the collection has made elsewhere, without pictures: up to 10,000 per request. A row that is
   * not accepted is one of `failures`.
   * @throws TypeError for vectors of several lengths.
   */
  putVectors(
    collection: string,
    rows: VectorRows,
    options: CallOptions & { readonly strict?: boolean | undefined } = {},
  ): Answer<'putVectors'> {
    const { strict, ...call } = options;
    return this.calls.json('putVectors', [collection], { body: vectorForm(rows, strict) }, call);
  }

  /** Imports any number of items with vectors, 1,000 per request. It can be run again: what is there just so stays. */
  importVectors(
    collection: string,
    items: Iterable<VectorToImport> | AsyncIterable<VectorToImport>,
    options: CallOptions & ImportVectorsOptions,
  ): Promise<VectorImportProgress> {
    const target = {
      put: (rows: VectorRows) => this.putVectors(collection, rows, options),
      finish: (counts: Inputs['importReport']) => this.finishImport(collection, counts, options),
    };
    return importVectorsTo(target, items, options);
  }

  /** Changes fields of several items: all or none. */
  updateItems(collection: string, changes: Inputs['updates'], options?: CallOptions): Answer<'updateItems'> {
    return this.calls.json('updateItems', [collection], { body: jsonOf(changes) }, options);
  }

  /** Deletes the items of some ids, of a filter or of a product. */
  deleteItems(collection: string, which: Inputs['delete'], options?: CallOptions): Answer<'deleteItems'> {
    return this.calls.json('deleteItems', [collection], { body: jsonOf(which) }, options);
  }

  /** Returns the picture of an item as it is stored. */
  getImage(
    collection: string,
    id: string,
    query: Pick<Inputs['picture'], 'hash'> = {},
    options: CallOptions = {},
  ): Promise<Blob> {
    return this.calls.send('getImage', [collection, id], { query, accept: 'image/*' }, options, readBlob);
  }

  /** Returns a small picture of an item. */
  getThumbnail(
    collection: string,
    id: string,
    query: Inputs['picture'] = {},
    options: CallOptions = {},
  ): Promise<Blob> {
    return this.calls.send('getThumbnail', [collection, id], { query, accept: 'image/*' }, options, readBlob);
  }
}
