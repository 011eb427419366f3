/** A box of whole cells of a grid; `right` and `bottom` are behind the last. */
export interface CellBox {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** The cells that hang together with one, its eight neighbours and theirs. */
function componentOf(first: number, rows: number, columns: number, isHigh: Uint8Array): number[] {
  const cells = [first];
  isHigh[first] = 0;
  for (const cell of cells) {
    const row = Math.floor(cell / columns);
    const column = cell % columns;
    for (let y = Math.max(0, row - 1); y <= Math.min(rows - 1, row + 1); y += 1)
      for (let x = Math.max(0, column - 1); x <= Math.min(columns - 1, column + 1); x += 1) {
        const next = y * columns + x;
        if (isHigh[next] !== 1) continue;
        isHigh[next] = 0;
        cells.push(next);
      }
  }
  return cells;
}

/**
 * Finds the subject of a picture in its activation map, as Wei et al. (2017, "Selective Convolutional Descriptor Aggregation") do: the
 * cells above the mean, and of these the largest group that hangs together, by edges or corners. Returns the box around it; of groups
 * of one size the first, and everything where no cell stands out.
 *
 * @param activation - a number per cell, row by row
 */
export function subjectCells(activation: ArrayLike<number>, rows: number, columns: number): CellBox {
  const values = Array.from(activation);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const isHigh = Uint8Array.from(values, (value) => (value > mean ? 1 : 0));
  let largest: number[] = [];
  for (let cell = 0; cell < values.length; cell += 1) {
    if (isHigh[cell] !== 1) continue;
    const component = componentOf(cell, rows, columns, isHigh);
    if (component.length > largest.length) largest = component;
  }
  if (largest.length === 0) return { left: 0, top: 0, right: columns, bottom: rows };
  const ys = largest.map((cell) => Math.floor(cell / columns));
  const xs = largest.map((cell) => cell % columns);
  return {
    left: Math.min(...xs),
    top: Math.min(...ys),
    right: Math.max(...xs) + 1,
    bottom: Math.max(...ys) + 1,
  };
}
