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

/** The slope of a straight line through what was sampled, and how far the true one may lie from it, either way. */
export interface Trend {
  readonly slope: number
  /** Half of the interval that holds the true slope 19 times of 20. */
  readonly margin: number
}

const blocks = 10
/** Student's t for so many blocks, two of which the line takes, and 19 times of 20. */
const studentT = 2.306

/**
 * Least squares over the means of ten blocks. Neighbouring samples of a sawtooth are alike; taken for as many
 * witnesses as there are samples, they would make the line look far surer than it is.
 */
export function trendOf(samples: readonly Point[]): Trend {
  const means = Array.from({ length: blocks }, (_, block) => {
    const from = Math.floor((block * samples.length) / blocks)
    const part = samples.slice(from, Math.floor(((block + 1) * samples.length) / blocks))
    return { x: mean(part.map(({ x }) => x)), y: mean(part.map(({ y }) => y)) }
  })
  const [middleX, middleY] = [mean(means.map(({ x }) => x)), mean(means.map(({ y }) => y))]
  const spread = sum(means.map(({ x }) => (x - middleX) ** 2))
  const slope = sum(means.map(({ x, y }) => (x - middleX) * (y - middleY))) / spread
  const left = sum(means.map(({ x, y }) => (y - middleY - slope * (x - middleX)) ** 2))
  return { slope, margin: studentT * Math.sqrt(left / (blocks - 2) / spread) }
}

const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0)
export const mean = (values: readonly number[]): number => sum(values) / values.length
