import type { Third } from '../shop/heat.ts';
import { few } from './few.ts';

/** A chance is never told as certain, nor as none. */
const certainty = (confidence: number): string =>
  `${Math.min(99, Math.max(1, Math.round(100 * confidence)))}\u00a0%\u00a0sure`;

function sureness(confidence: number): string {
  if (confidence >= 0.9) return 'Almost certainly it';
  if (confidence >= 0.7) return 'Probably it';
  return confidence >= 0.4 ? 'Perhaps it' : 'Probably something else';
}

const thirds: Readonly<Record<Third, string>> = {
  'top left': 'at the upper left',
  'top centre': 'at the top',
  'top right': 'at the upper right',
  'middle left': 'on the left',
  'middle centre': 'in the middle',
  'middle right': 'on the right',
  'bottom left': 'at the lower left',
  'bottom centre': 'at the bottom',
  'bottom right': 'at the lower right',
};

/** Texts of the search page. */
export const shopWords = {
  start: {
    title: 'Find it by a picture',
    lead: 'Drop a photo anywhere, paste one, or take one. You get the products that look like it.',
    choose: 'Choose a photo',
    camera: 'Take a photo',
    paste: 'Ctrl+V or ⌘V pastes a picture',
    or: 'Or click any of these',
    more: 'Show more',
    empty: 'This collection is empty',
    emptyLead: 'Import a folder, a table or a ZIP archive of pictures, and search right away.',
    emptyImport: 'Import pictures',
    none: 'There is no collection yet',
    noneLead: 'A collection holds the pictures of one catalogue and the model that compares them.',
    noneCreate: 'Create a collection',
    nameAsked: 'Which collection do you search?',
    nameAskedLead: 'This key may search, but not list the collections. Enter the name of one.',
    go: 'Go',
    tile: (what: string) => `Find products like ${what}`,
    filling: 'This collection is being filled',
    drop: 'Drop the photo to search with it',
    starting: 'The server is starting',
  },
  query: {
    title: 'Your query',
    photo: 'Your photo',
    shared: 'shared photo',
    unreadableHeic: (name: string) =>
      `${name} is a HEIC photo, which this browser cannot read. Save or export it as JPEG.`,
    emptyFile: (name: string) => `${name} is empty.`,
    noPicture: 'There is no picture in what you pasted.',
    reading: 'Reading the photo …',
    unreadable: (name: string) =>
      `${name} is no picture that this browser can read. JPEG, PNG and WebP work everywhere.`,
    addPhoto: 'Add a photo',
    replace: 'New photo',
    remove: (what: string) => `Remove ${what}`,
    like: 'like this',
    notLike: 'not like this',
    turn: (what: string, isNot: boolean) =>
      isNot ? `${what}: not like this. Change to like this` : `${what}: like this. Change to not like this`,
    item: (id: string) => `item ${id}`,
    number: (n: number) => `photo ${n}`,
    clear: 'Start again',
    share: 'Share',
    shared_: 'Link copied',
    sharedPhoto: 'Link copied. Your photo is in it, reduced.',
    shareFailed: 'Copy this link:',
    shareBroken: 'A picture in this link cannot be read.',
    wants: 'Add a picture of what you do want: “not like this” needs something to turn away from.',
  },
  crop: {
    label: (left: number, top: number, width: number, height: number) =>
      `Part of the photo that is searched: ${width} % wide and ${height} % high, from ${left} % left and ${top} % top. Arrow keys move it, with Shift they change its size.`,
    hint: 'Drag the box to the thing that you mean.',
    whole: 'Whole photo',
    middle: 'Only the middle',
    find: 'Find the thing',
    looking: 'Looking for it …',
    found: 'The box is around what stands out. Drag it if you mean something else.',
    notFound: 'It could not be found.',
    photo: 'Your photo with the part that is searched',
  },
  filters: {
    title: 'Filters',
    label: 'Kind',
    any: 'Any',
    yes: 'Yes',
    no: 'No',
    from: (name: string) => `${name} from`,
    to: (name: string) => `${name} to`,
    fromShort: 'from',
    toShort: 'to',
    clear: 'Clear all filters',
    active: (n: number) => few(n, 'filter', 'filters'),
    counted: (what: string, n: number | undefined) =>
      n === undefined ? what : `${what} (${n.toLocaleString('en')})`,
  },
  results: {
    title: 'Results',
    count: (n: number, total: number) => `${few(n, 'product', 'products')} of ${few(total, 'item', 'items')}`,
    countItems: (n: number, total: number) => `${n.toLocaleString('en')} of ${few(total, 'item', 'items')}`,
    searching: 'Searching …',
    found: (n: number) => few(n, 'result is shown.', 'results are shown.'),
    none: 'Nothing matches',
    noneFiltered: 'No item passes these filters. Loosen one of them.',
    noneLead: 'The collection has nothing that could be shown. Try another photo.',
    unsure: 'Probably not in this collection',
    unsureLead: (confidence: number) =>
      `Nothing here is alike enough to be sure. The nearest is ${certainty(confidence)}.`,
    nearest: 'Show what is nearest',
    more: 'Show more',
    similarity: 'Similarity',
    confidence: (confidence: number) =>
      `${sureness(confidence)} (${confidence < 0.4 ? 'only ' : ''}${certainty(confidence)})`,
    similar: (score: number) => `${(score * 100).toFixed(0)} % alike`,
    moreLike: 'More like this',
    add: 'Add to the search',
    not: 'Not like this',
    view: (what: string, n: number, of: number) => `${what}, view ${n} of ${of}`,
    look: (what: string) => `Look at ${what}`,
    close: 'Close',
    open: 'Open the item',
    noPicture: 'No picture is stored',
    product: 'Product',
    item: 'Item',
    kind: 'Kind',
  },
  why: {
    title: 'Why this match?',
    lead: 'The warmer the colour, the more this part speaks for the match.',
    loading: 'Comparing the pictures …',
    cannot: 'The model of this collection cannot say which parts are alike.',
    yours: 'Your picture',
    none: (what: string) => `${what}: its picture is not stored.`,
    where: (what: string, third: Third) => `${what}: mostly ${thirds[third]}.`,
  },
  drawer: {
    title: 'How this was found',
    model: 'Model',
    metric: 'Distance',
    search: 'Search',
    exact: (n: number) => `exact, all ${few(n, 'item', 'items')} compared`,
    hnsw: (ef: number, n: number) => `HNSW, ef ${ef}, ${few(n, 'candidate', 'candidates')}`,
    mixed: (kind: string, n: number) => `${kind}, ${few(n, 'candidate', 'candidates')}`,
    stages: 'Milliseconds by stage',
    stage: {
      decodeMs: 'Read the picture',
      queueMs: 'Wait for the model',
      inferenceMs: 'Run the model',
      filterMs: 'Filter',
      searchMs: 'Search',
      fetchMs: 'Fetch the items',
      totalMs: 'In all',
    } as Readonly<Record<string, string>>,
    ms: (ms: number) => `${ms < 10 ? ms.toFixed(1) : ms.toFixed(0)} ms`,
    exactChoice: 'Compare with every item (exact)',
    itemsChoice: 'Show every picture, not one per product',
    ef: 'Breadth of the HNSW search (ef)',
    efDefault: 'default',
    maxFalseMatch: 'Say “no match” rather than show another product',
    everything: 'never, show what is nearest',
    rate: (rate: number) => `up to ${Number((100 * rate).toPrecision(3))} % false matches`,
  },
};
