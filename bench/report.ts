// What was measured, as tables for people and as JSON for the next comparison. It knows columns and files; it must not
// know how anything was measured.
import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { projectRoot } from '../test/support/project.js'
import { type SideName, sides } from './baselines.js'
import type { CheckPoint } from './check.js'
import type { CodecFigure } from './codec.js'
import type { ImportResult, ImportRound } from './import.js'
import type { ManyLeadsResult } from './many-leads.js'
import type { MillionResult } from './million.js'
import type { BenchOptions } from './options.js'
import type { Point } from './point.js'
import type { StartResult } from './start.js'
import { median } from './statistics.js'
import type { EngineResult } from './sync-lead.js'

export function syncLeadTables(results: readonly EngineResult[]): string {
  const served = results.flatMap(({ engine, served }) =>
    served.map(point => [
      ...pointCells(engine, 'ours', point),
      point.gcMicrosPerCall.toFixed(0),
      point.batchSize.toFixed(1),
      point.barePerSecond.toFixed(0),
      point.ratio.toFixed(2),
    ]),
  )
  const compared = results.flatMap(({ engine, compared }) =>
    compared.map(point => [
      ...pointCells(engine, point.side, point),
      ...[point.oursCalls, point.oursMedian, point.oursP99, point.oursCpu].map(ratio => ratio.toFixed(2)),
    ]),
  )
  const bare = results.flatMap(({ engine, bare }) =>
    bare.map(({ batchSize, commandsPerSecond }) => [engine, String(batchSize), commandsPerSecond.toFixed(0)]),
  )
  const comparedTable = [[...pointHead, 'ours: calls', 'median', 'p99', 'CPU'], ...compared]
  return [
    table([[...pointHead, 'of it GC', 'batch', 'bare/s', 'ratio'], ...served]),
    ...(compared.length === 0 ? [] : ['The same calls, with how ours compares:', table(comparedTable)]),
    'The bare statements by themselves:',
    table([['store', 'batch', 'commands/s'], ...bare]),
  ].join('\n\n')
}

/** Points of different servers under one load; the first is ours. */
export function pointsTable(points: readonly (Point & { readonly server: string })[]): string {
  const [ours] = points
  const head = ['server', 'connections', 'calls/s', 'median ms', 'p99 ms', 'CPU us/call', 'database', 'callers']
  const rows = points.map(point => [
    point.server,
    ...figureCells(point),
    (point.callsPerSecond / ours!.callsPerSecond).toFixed(2),
    (point.cpuMicrosPerCall / ours!.cpuMicrosPerCall).toFixed(2),
  ])
  return table([[...head, 'calls : first', 'CPU : first'], ...rows])
}

export function manyLeadsTable(results: readonly ManyLeadsResult[]): string {
  const rows = results.map(({ engine, leadsPerSecond, barePerSecond, ratio, point }) => [
    engine,
    ...[leadsPerSecond, barePerSecond].map(rate => rate.toFixed(0)),
    ratio.toFixed(2),
    ...[point.cpuMicrosPerCall, point.databaseMicrosPerCall].map(micros => (micros / 300).toFixed(1)),
    point.medianMs.toFixed(1),
  ])
  const head = ['store', 'leads/s', 'bare/s', 'ratio', 'CPU us/lead', 'database', 'median ms of a call']
  return table([head, ...rows])
}

export function importTable(results: readonly ImportResult[]): string {
  const rows = results.map(({ subject, rows, batches, plainBy, rounds }) => {
    const over = (of: (round: ImportRound) => number, digits = 0): string => median(rounds.map(of)).toFixed(digits)
    return [
      ...[subject, String(rows), (rows / batches).toFixed(0)],
      ...[over(round => round.rowsPerSecond), over(round => round.barePerSecond), over(round => round.plainPerSecond)],
      over(({ rowsPerSecond, barePerSecond }) => rowsPerSecond / barePerSecond, 2),
      over(({ rowsPerSecond, plainPerSecond }) => rowsPerSecond / plainPerSecond, 3),
      plainBy,
      ...[over(round => round.cpuMicrosPerRow, 1), over(round => round.databaseMicrosPerRow, 1)],
      over(round => round.busy, 2),
      ...[over(round => round.residentMinMiB), over(round => round.residentMedianMiB)],
      over(round => round.residentMaxMiB),
    ]
  })
  const head = ['file', 'rows', 'batch', 'rows/s', 'bare/s', 'plain/s', 'ratio', ': plain', 'plain by']
  return table([[...head, 'CPU us/row', 'database', 'busy', 'MiB min', 'median', 'max'], ...rows])
}

export function millionTable(results: readonly MillionResult[]): string {
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
  const rows = results.map(result => {
    const { subject, rows, rowsPerSecond, barePerSecond, plainPerSecond, plainBy, residentMiB } = result
    return [
      ...[subject, String(rows), rowsPerSecond.toFixed(0), barePerSecond.map(each => each.toFixed(0)).join(', ')],
      ...[(rowsPerSecond / mean(barePerSecond)).toFixed(2), plainPerSecond.toFixed(0)],
      ...[(rowsPerSecond / plainPerSecond).toFixed(3), plainBy, result.cpuMicrosPerRow.toFixed(0)],
      ...[residentMiB.map(each => each.toFixed(0)).join(' '), result.residentMaxMiB.toFixed(0)],
      ...[result.exportPerSecond.toFixed(0), result.exportMaxMiB.toFixed(0)],
    ]
  })
  const head = ['file', 'rows', 'rows/s', 'bare/s', 'ratio', 'plain/s', ': plain', 'plain by', 'CPU us/row']
  const figures = table([[...head, 'MiB, each tenth', 'most', 'export/s', 'most MiB'], ...rows])
  const compared = results.flatMap(({ subject, same }) =>
    Object.entries(same).map(([what, isSame]) => `${subject}: ${isSame ? 'the same bytes' : 'NOT THE SAME'}: ${what}`),
  )
  return [figures, compared.join('\n')].join('\n\n')
}

export function checkTable(points: readonly CheckPoint[]): string {
  const rows = points.map(({ addresses, connections, callMs, bareMs, bare, ratio, bareServerRatio, ...point }) => [
    `${addresses} by ${connections}`,
    callMs.toFixed(3),
    bareMs.toFixed(3),
    ratio.toFixed(2),
    bareServerRatio.toFixed(2),
    point.serverMicrosPerCall.toFixed(0),
    bare,
  ])
  const head = [
    'addresses by callers',
    'ms a call',
    'bare ms',
    'ratio',
    'bare server',
    'CPU us/call',
    'the bare statement',
  ]
  return table([head, ...rows])
}

export function codecTable(figures: readonly CodecFigure[]): string {
  const rows = figures.map(({ work, bytes, cpuMicros }) => [work, String(bytes), cpuMicros.toFixed(1)])
  return table([['work', 'bytes', 'CPU us'], ...rows])
}

export function startTable({ firstAnswerMs, cpuMs, residentMiB, residentUnderLoadMiB }: StartResult): string {
  return table([
    ['start', ''],
    ['to the first answer, ms', firstAnswerMs.toFixed(0)],
    ['CPU time for it, ms', cpuMs.toFixed(0)],
    ['memory then, MiB', residentMiB.toFixed(0)],
    ['memory under load, MiB', residentUnderLoadMiB.toFixed(0)],
  ])
}

const pointHead = [
  ...['store', 'server', 'connections', 'calls/s', 'median ms', 'p99 ms'],
  ...['CPU us/call', 'database', 'callers'],
]

function pointCells(engine: string, side: SideName, point: Point): string[] {
  return [engine, sides.find(({ name }) => name === side)!.title, ...figureCells(point)]
}

function figureCells(point: Point): string[] {
  const { connections, callsPerSecond, medianMs, p99Ms } = point
  const { cpuMicrosPerCall, databaseMicrosPerCall, callerMicrosPerCall } = point
  return [
    String(connections),
    callsPerSecond.toFixed(0),
    medianMs.toFixed(2),
    p99Ms.toFixed(2),
    cpuMicrosPerCall.toFixed(0),
    databaseMicrosPerCall.toFixed(0),
    callerMicrosPerCall.toFixed(0),
  ]
}

/** Columns wide enough for all; the first to the left, the others to the right. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map(row => row[column]!.length)))
  return rows
    .map(row => row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!))))
    .map(cells => cells.join('  ').trimEnd())
    .join('\n')
}

export const resultsFolder = join(projectRoot, 'bench/results')

/** Writes all figures, with what they were measured on, into a file of its own, a picture beside it. Gives its path. */
export function writeResult(name: string, options: BenchOptions, result: unknown, chart: string | null): string {
  mkdirSync(resultsFolder, { recursive: true })
  const at = new Date().toISOString()
  const path = join(resultsFolder, `${name}-${at.replace(/[:.]/g, '-')}.json`)
  const machine = { node: process.version, cpus: cpus().length, cpu: cpus()[0]?.model ?? 'unknown' }
  writeFileSync(path, `${JSON.stringify({ name, at, machine, options, result }, null, 2)}\n`)
  if (chart !== null) writeFileSync(path.replace(/json$/, 'svg'), chart)
  return path
}
