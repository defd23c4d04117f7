// Medians and quantiles. It knows numbers only.

/** Half-way between the two in the middle where there is no one in the middle. NaN for none at all. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  if (sorted.length % 2 === 1) return sorted[middle]!
  return sorted.length === 0 ? Number.NaN : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** The smallest value that at least `part` (0 to 1) of all values do not exceed. NaN for none at all. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)] ?? Number.NaN
}

/** A point of a line: at `x` it costs `y`. */
export interface Point {
  readonly x: number
  readonly y: number
}

/** What lies at `x` on the straight lines between the points, which are in the order of x; the outer lines go on. */
export function between(points: readonly Point[], x: number): number {
  const above = points.findIndex(point => point.x >= x)
  const index = Math.min(Math.max(above === -1 ? points.length - 1 : above, 1), points.length - 1)
  const left = points[index - 1]
  const right = points[index]
  if (left === undefined || right === undefined) return points[0]?.y ?? Number.NaN
  return left.y + ((x - left.x) / (right.x - left.x)) * (right.y - left.y)
}
