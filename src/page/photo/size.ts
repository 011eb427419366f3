/** Longest side of what is kept of a photo, in pixels: models look at 224 to 384, and a crop has to leave enough. */
export const longestSide = 1280;

/** Returns the size of a picture that is reduced to a longest side, never enlarged. */
export function reducedSize(width: number, height: number, most: number): readonly [number, number] {
  const factor = Math.min(1, most / Math.max(width, height));
  return [Math.max(1, Math.round(width * factor)), Math.max(1, Math.round(height * factor))];
}
