import type { Product } from './catalogue.ts';
import { hsl, paintPattern } from './paint.ts';

/** Side of a picture in pixels. */
export const sceneSize = 320;

type Random = () => number;
type Look = Pick<Product, 'drawing' | 'paint'>;

const between = (random: Random, low: number, high: number): number => low + (high - low) * random();

/** Places the product in the middle, a little turned, scaled and shifted; in a query it also leans. */
function placement(random: Random, turn: number, lean: number): string {
  const shift = [between(random, -18, 18), between(random, -14, 14)].map((value) => (160 + value).toFixed(1));
  const scale = between(random, 1.1, 1.4).toFixed(3);
  const angle = between(random, -turn, turn).toFixed(1);
  const skew = between(random, -lean, lean).toFixed(1);
  return `translate(${shift.join(' ')}) rotate(${angle}) skewX(${skew}) scale(${scale}) translate(-100 -100)`;
}

function svg(look: Look, defs: string, behind: string, transform: string): string {
  const { drawing, paint } = look;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${sceneSize} ${sceneSize}"><defs>${paintPattern(paint)}${defs}</defs>${behind}<ellipse cx="160" cy="286" rx="104" ry="13" fill="#000" opacity=".16"/><g transform="${transform}">${drawing.draw(paint)}</g><rect width="100%" height="100%" fill="url(#light)"/></svg>`;
}

/** Draws light that falls from one side over everything. */
function light(random: Random, strength: number): string {
  const [x1, x2] = random() < 0.5 ? [0, 1] : [1, 0];
  return `<linearGradient id="light" x1="${x1}" x2="${x2}" y1="0" y2="1"><stop offset="0" stop-color="#fff" stop-opacity="${strength}"/><stop offset="1" stop-color="#000" stop-opacity="${strength}"/></linearGradient>`;
}

/** Draws a picture of the catalogue: the product on a quiet background. */
export function catalogueScene(look: Look, random: Random): string {
  const hue = between(random, 0, 360);
  const background = `<radialGradient id="wall"><stop offset="0" stop-color="${hsl(hue, 14, 97)}"/><stop offset="1" stop-color="${hsl(hue, 18, 84)}"/></radialGradient>`;
  const behind = '<rect width="100%" height="100%" fill="url(#wall)"/>';
  return svg(look, background + light(random, 0.08), behind, placement(random, 9, 3));
}

function clutter(random: Random): string {
  const shape = (): string => {
    const colour = hsl(between(random, 0, 360), 22, between(random, 55, 80));
    const [x, y, size] = [between(random, 0, 320), between(random, 0, 320), between(random, 20, 60)].map(
      Math.round,
    );
    return random() < 0.5
      ? `<circle cx="${x}" cy="${y}" r="${size}" fill="${colour}" opacity=".55"/>`
      : `<rect x="${x}" y="${y}" width="${size}" height="${2 * (size ?? 0)}" fill="${colour}" opacity=".55"/>`;
  };
  return Array.from({ length: 7 }, shape).join('');
}

/** Draws a picture as a shopper takes it: the product askew in a room with other things, in uneven light. */
export function queryScene(look: Look, random: Random): string {
  const hue = between(random, 0, 360);
  const room = `<linearGradient id="wall" x2="0" y2="1"><stop offset=".6" stop-color="${hsl(hue, 16, 78)}"/><stop offset=".66" stop-color="${hsl(hue + 40, 24, 58)}"/></linearGradient>`;
  const behind = `<rect width="100%" height="100%" fill="url(#wall)"/>${clutter(random)}`;
  return svg(look, room + light(random, 0.2), behind, placement(random, 16, 9));
}
