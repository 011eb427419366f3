import { counted } from '../text.ts';
import { type Html, html, trusted } from './html.ts';
import { style } from './style.ts';

/** A box in pixels of an upright picture. */
interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** The parts of a picture by how much each speaks for a match, as `Retriever.explain` answers them. */
interface Heat {
  readonly rows: readonly (readonly number[])[];
  readonly area: Box;
  readonly width: number;
  readonly height: number;
}

/** An answer, with the maps of both pictures; null for a picture that is not stored. */
export interface ExplainedMatch {
  readonly id: string;
  readonly label: string | null;
  readonly score: number;
  /** The picture as a data URI; undefined if none is stored. */
  readonly picture: string | undefined;
  readonly queryMap: Heat | null;
  readonly map: Heat | null;
}

/** The answers of a search and why they are, as a page shows them. */
export interface MatchReport {
  readonly collection: string;
  readonly model: string;
  readonly metric: string;
  readonly query: { readonly name: string; readonly picture: string | undefined };
  /** The part of the query's picture that was searched by; undefined for all of it. */
  readonly crop: Box | undefined;
  /** Items that the query was expanded by. */
  readonly expandedBy: number;
  readonly matches: readonly ExplainedMatch[];
  /** Answers that are not among `matches`. */
  readonly more: number;
}

/** Cells from transparent to red, as the web page of the server draws them. */
const cells = ({ rows, area }: Heat): Html =>
  html`<g filter="url(#soft)" transform="translate(${area.left} ${
    area.top
  }) scale(${area.width / (rows[0]?.length ?? 1)} ${area.height / rows.length})">${rows.flatMap((values, y) =>
    values.map(
      (value, x) =>
        html`<rect x="${x}" y="${y}" width="1" height="1" fill="rgb(255 ${Math.round(200 - 160 * value)} 0)" fill-opacity="${(0.75 * value).toFixed(3)}"/>`,
    ),
  )}</g>`;

/** White on black, so that it is seen on every picture. */
const frame = ({ left, top, width, height }: Box): Html =>
  html`${['black', 'white'].map(
    (colour) =>
      html`<rect class="frame ${colour}" x="${left}" y="${top}" width="${width}" height="${height}"/>`,
  )}`;

interface Side {
  readonly name: string;
  readonly picture: Html | undefined;
  readonly map: Heat | null;
  readonly crop?: Box | undefined;
}

function figure({ name, picture, map, crop }: Side): Html {
  const shown =
    picture === undefined || map === null
      ? html`<p class="faint">Its picture is not stored.</p>`
      : html`<svg viewBox="0 0 ${map.width} ${map.height}" role="img" aria-label="${name}, warm where it speaks for the match">
        <g transform="scale(${map.width} ${map.height})">${picture}</g>${cells(map)}${crop && frame(crop)}</svg>`;
  return html`<figure>${shown}<figcaption>${name}</figcaption></figure>`;
}

/** A picture of one by one, whatever its proportions: its place is stretched to those that it has. */
const imageOf = (uri: string, id?: string): Html =>
  html`<image ${id !== undefined && html`id="${id}"`} href="${uri}" width="1" height="1" preserveAspectRatio="none"/>`;

/**
 * Makes a page of the answers of a search, each beside the query, both under the map of what speaks for the match. It is
 * self-contained HTML: no script, nothing fetched.
 */
export function matchPage(report: MatchReport): string {
  const { collection, model, metric, query, crop, expandedBy, matches, more } = report;
  const title = `Why these matches: ${query.name}`;
  const asked = query.picture === undefined ? undefined : html`<use href="#query"/>`;
  const page = html`<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
  <title>${title}</title><style>${trusted(style)} .pair { display: grid; grid-template-columns: 1fr 1fr; gap: 10px; }
  .pair figure { margin: 0; min-width: 0; overflow-wrap: anywhere; } .pair svg { display: block; width: 100%; max-height: 340px; }
  .frame { fill: none; vector-effect: non-scaling-stroke; } .black { stroke: #000; stroke-width: 4; } .white { stroke: #fff; stroke-width: 2; }
  .defs { position: absolute; width: 0; height: 0; }</style></head><body>
  <svg class="defs" aria-hidden="true"><filter id="soft" color-interpolation-filters="sRGB"><feGaussianBlur stdDeviation="0.5"/></filter>${
    query.picture !== undefined && imageOf(query.picture, 'query')
  }</svg>
  <h1>${title}</h1><p class="faint">${collection}, ${model}, ${metric}</p>
  <p>The warmer the colour, the more this part speaks for the match. It says where the model looked, not that it was right to.</p>
  ${crop && html`<p>The frame is the part that was searched by: ${crop.width} × ${crop.height} pixels from ${crop.left}, ${crop.top}.</p>`}
  ${expandedBy > 0 && html`<p>The scores are those of the query with ${counted(expandedBy, 'item')} that it was expanded by, the colours those of its picture alone.</p>`}
  ${matches.length === 0 && html`<p>Nothing was found.</p>`}
  <div class="examples">${matches.map(
    ({ id, label, score, picture, queryMap, map }, at) =>
      html`<section class="example"><h3>${at + 1}. ${label ?? id} <span class="faint">${score.toFixed(4)}</span></h3><div class="pair">${[
        figure({ name: query.name, picture: asked, map: queryMap, crop }),
        figure({ name: id, picture: picture === undefined ? undefined : imageOf(picture), map }),
      ]}</div></section>`,
  )}</div>${more > 0 && html`<p>${counted(more, 'more answer')} not shown.</p>`}
  </body></html>`;
  return page.html;
}
