// The matching of rows and columns of a table with the largest sum (Kuhn 1955, Munkres 1957): of each row its column,
// -1 for rows that are left over.
export function bestMatching(table) {
  if (table.length > table[0].length) {
    const turned = bestMatching(table[0].map((_, column) => table.map((row) => row[column])));
    const found = table.map(() => -1);
    turned.forEach((row, column) => { found[row] = column; });
    return found;
  }
  const [rows, columns] = [table.length, table[0].length];
  const [u, v] = [new Float64Array(rows + 1), new Float64Array(columns + 1)];
  const matched = new Int32Array(columns + 1); // rows from 1; 0 for none
  for (let row = 1; row <= rows; row += 1) {
    matched[0] = row;
    let column = 0;
    const least = new Float64Array(columns + 1).fill(Infinity);
    const from = new Int32Array(columns + 1);
    const used = new Uint8Array(columns + 1);
    do {
      used[column] = 1;
      const here = matched[column];
      let [step, next] = [Infinity, 0];
      for (let j = 1; j <= columns; j += 1) {
        if (used[j]) continue;
        const cost = -table[here - 1][j - 1] - u[here] - v[j];
        if (cost < least[j]) { least[j] = cost; from[j] = column; }
        if (least[j] < step) { step = least[j]; next = j; }
      }
      for (let j = 0; j <= columns; j += 1) {
        if (used[j]) { u[matched[j]] += step; v[j] -= step; } else least[j] -= step;
      }
      column = next;
    } while (matched[column] !== 0);
    while (column !== 0) {
      matched[column] = matched[from[column]];
      column = from[column];
    }
  }
  const found = Array(rows).fill(-1);
  for (let j = 1; j <= columns; j += 1) if (matched[j]) found[matched[j] - 1] = j - 1;
  return found;
}
