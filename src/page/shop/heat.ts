import type { Explanation } from 'snapshelf/client';

/** The parts of a picture by how much each speaks for a match. */
export type HeatMap = NonNullable<Explanation['match']>;

/** The place in a picture, in thirds of its height and width. */
export type Third = `${'top' | 'middle' | 'bottom'} ${'left' | 'centre' | 'right'}`;

const third = <const T extends readonly [string, string, string]>(share: number, names: T): T[number] =>
  names[share < 1 / 3 ? 0 : share > 2 / 3 ? 2 : 1] as T[number];

/** Names the third of a picture in which the parts that speak most for a match lie, in the mean. */
export function warmest({ rows, area, width, height }: HeatMap): Third {
  let sum = 0;
  let x = 0;
  let y = 0;
  for (const [row, values] of rows.entries())
    for (const [column, value] of values.entries()) {
      // What is cooler than the middle would only draw to the middle.
      const weight = Math.max(0, value - 0.5);
      sum += weight;
      x += weight * (area.left + ((column + 0.5) / values.length) * area.width);
      y += weight * (area.top + ((row + 0.5) / rows.length) * area.height);
    }
  // Where nothing stands out, it is the middle.
  const left = sum === 0 ? 0.5 : x / sum / width;
  const top = sum === 0 ? 0.5 : y / sum / height;
  return `${third(top, ['top', 'middle', 'bottom'])} ${third(left, ['left', 'centre', 'right'])}`;
}

/** Draws a map onto a canvas, a pixel for each cell: the browser smooths it when it enlarges it. */
export function drawHeat(canvas: HTMLCanvasElement, { rows }: HeatMap): void {
  canvas.height = rows.length;
  canvas.width = rows[0]?.length ?? 0;
  const context = canvas.getContext('2d');
  if (context === null) return;
  for (const [y, values] of rows.entries())
    for (const [x, value] of values.entries()) {
      context.fillStyle = `rgb(255 ${Math.round(200 - 160 * value)} 0 / ${0.75 * value})`;
      context.fillRect(x, y, 1, 1);
    }
}

/** Returns the place of a map over its picture, as a style. */
export function placeOf({ area, width, height }: HeatMap): Readonly<Record<string, string>> {
  const percent = (part: number, of: number): string => `${(100 * part) / of}%`;
  return {
    left: percent(area.left, width),
    top: percent(area.top, height),
    width: percent(area.width, width),
    height: percent(area.height, height),
  };
}
