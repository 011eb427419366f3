/**
 * Finds the number at place `place` (from 0) in ascending order, by Hoare's selection ("Algorithm 65: Find", 1961). It
 * moves smaller numbers before the place and larger ones behind it. None may be NaN.
 */
export function quickselect(numbers: Float32Array, place: number): number {
  let low = 0;
  let high = numbers.length - 1;
  while (low < high) {
    // If the numbers are in order, in either direction, the middle one halves the rest.
    const pivot = numbers[(low + high) >> 1] as number;
    let i = low;
    let j = high;
    while (i <= j) {
      while ((numbers[i] as number) < pivot) i += 1;
      while ((numbers[j] as number) > pivot) j -= 1;
      if (i > j) break;
      const other = numbers[i] as number;
      numbers[i] = numbers[j] as number;
      numbers[j] = other;
      i += 1;
      j -= 1;
    }
    if (place <= j) high = j;
    else if (place >= i) low = i;
    else break;
  }
  return numbers[place] as number;
}
