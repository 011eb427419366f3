import { counted } from '../text.ts';
import { type Html, html, trusted } from './html.ts';
import { style } from './style.ts';

/** The nearly identical items of a collection, as a page shows them. */
export interface DuplicatesReport {
  readonly collection: string;
  readonly model: string;
  readonly threshold: number;
  readonly exact: boolean;
  readonly startedAt: string;
  readonly done: number;
  readonly members: number;
  readonly changed: number;
  readonly cut: number;
  readonly damaged: number;
  readonly groups: readonly (readonly {
    readonly id: string;
    readonly score: number;
    readonly identical: boolean;
  }[])[];
}

/** Groups that a page shows, and pictures of each: it has to open in a browser. */
export const shownGroups = 200;
/** Pictures of each group that a page shows. */
export const shownMembers = 12;

type Group = DuplicatesReport['groups'][number];

const shot = ({ id, score, identical }: Group[number], uri: string | undefined): Html =>
  html`<div class="shot">${
    uri === undefined ? html`<div class="blank"></div>` : html`<img src="${uri}" alt="${id}" loading="lazy">`
  }<b>${score.toFixed(3)}${identical && ', same bytes'}</b><span>${id}</span></div>`;

function section(group: Group, thumbnail: (id: string) => string | undefined): Html {
  const rest = group.length - shownMembers;
  return html`<div class="example"><h3>${counted(group.length, 'item')}</h3><div class="row">
    ${group.slice(0, shownMembers).map((member) => shot(member, thumbnail(member.id)))}</div>${
      rest > 0 && html`<p class="faint">and ${rest} more</p>`
    }</div>`;
}

/**
 * Makes a report of duplicates as one self-contained HTML page: no script, nothing fetched.
 * @param thumbnail returns the thumbnail of an item as a data URI; undefined for an item without one
 */
export function duplicatesPage(
  report: DuplicatesReport,
  thumbnail: (id: string) => string | undefined,
): string {
  const { collection, model, threshold, exact, startedAt, done, groups, members, changed, cut, damaged } =
    report;
  const title = `Duplicates: ${collection}`;
  const rest = groups.length - shownGroups;
  const page = html`<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
  <title>${title}</title><style>${trusted(style)} .example .row { grid-template-columns: repeat(auto-fill, minmax(90px, 1fr)); }</style></head><body>
  <h1>${title}</h1><p class="faint">${model}, score of at least ${threshold}, ${exact ? 'exact' : 'by the index'}, ${startedAt.slice(0, 10)}</p>
  <div class="cards"><div class="card"><span class="faint">Groups</span><b>${groups.length}</b></div>
  <div class="card"><span class="faint">Items in them</span><b>${members}</b></div>
  <div class="card"><span class="faint">Items looked at</span><b>${done}</b></div></div>
  ${changed > 0 && html`<p>${counted(changed, 'item was', 'items were')} added, replaced or deleted meanwhile.</p>`}
  ${cut > 0 && html`<p>${counted(cut, 'item has', 'items have')} more than 1,000 near-duplicates, of which the nearest were joined.</p>`}
  ${damaged > 0 && html`<p>${counted(damaged, 'item')} cannot be read.</p>`}
  ${groups.length === 0 && html`<p>No two items are nearly identical.</p>`}
  <p class="faint">Under each picture: its highest score with another one of its group.</p>
  <div class="examples">${groups.slice(0, shownGroups).map((group) => section(group, thumbnail))}</div>
  ${rest > 0 && html`<p>${counted(rest, 'more group')} not shown; the JSON report has all.</p>`}
  </body></html>`;
  return page.html;
}
