/** Digits that every number of JavaScript keeps. */
const keptDigits = 15;
/** From here on JavaScript writes numbers with an exponent, and so do those who mean no digits. */
const firstWithExponent = 1e21;

/**
 * True for a number that most likely stands for another whole number: one beyond ±(2^53 - 1) with more digits than a number
 * keeps. Round ones, such as 1e20, are what they were written as.
 */
export function isRoundedWhole(value: number): boolean {
  if (!Number.isInteger(value) || Number.isSafeInteger(value) || Math.abs(value) >= firstWithExponent)
    return false;
  return String(Math.abs(value)).replace(/0+$/, '').length > keptDigits;
}
