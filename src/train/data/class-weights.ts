/**
 * Weights of classes in inverse proportion to their numbers of pictures: pictures / (classes x own pictures), so that the
 * mean over all pictures is 1. A class without a picture has 0.
 * @param labels the class of every picture
 */
export function balancedWeights(labels: Int32Array, classes: number): number[] {
  const counts = new Uint32Array(classes);
  for (const label of labels) counts[label] = (counts[label] ?? 0) + 1;
  return [...counts].map((count) => (count === 0 ? 0 : labels.length / (classes * count)));
}
