/** The Levenshtein distance: insertions, deletions and replacements that make one text of the other. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const replaced = (previous[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      current.push(Math.min(replaced, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}

/** The known name that a misspelt one is nearest to, or undefined if none is near: at most three edits, and half of it. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  const asked = name.slice(0, 100).toLowerCase();
  const ranked = known
    .map((candidate) => ({ candidate, edits: editDistance(asked, candidate.toLowerCase()) }))
    .sort((a, b) => a.edits - b.edits);
  const [first] = ranked;
  if (first === undefined || first.edits > Math.min(3, first.candidate.length / 2)) return undefined;
  return first.candidate;
}
