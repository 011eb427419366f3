/**
 * The number at place `place` (from 0) in ascending order, by Hoare's selection: the numbers are moved about, smaller
 * ones before the place and larger ones behind it. None may be NaN.
 */
export function select(numbers: Float32Array, place: number): number {
  let low = 0;
  let high = numbers.length - 1;
  while (low < high) {
    // Of numbers in order, whichever way, the middle one halves what is left.
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
