// What was measured, as tables for people and as JSON for the next comparison. It knows columns and files; it must not
// know how anything was measured.
import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { projectRoot } from '../test/support/project.js'
import { type SideName, sides } from './baselines.js'
import type { BenchOptions } from './options.js'
import type { Point } from './point.js'
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
  const compared = results.flatMap(({ engine, served, compared }) =>
    compared.map(point => {
      const ours = served.find(({ connections }) => connections === point.connections)!
      return [
        ...pointCells(engine, point.side, point),
        (ours.callsPerSecond / point.callsPerSecond).toFixed(2),
        (ours.medianMs / point.medianMs).toFixed(2),
        (allMicros(point) / allMicros(ours)).toFixed(2),
      ]
    }),
  )
  const bare = results.flatMap(({ engine, bare }) =>
    bare.map(({ batchSize, commandsPerSecond }) => [engine, String(batchSize), commandsPerSecond.toFixed(0)]),
  )
  const comparedTable = [[...pointHead, 'ours: calls', 'median', 'CPU'], ...compared]
  return [
    table([[...pointHead, 'of it GC', 'batch', 'bare/s', 'ratio'], ...served]),
    ...(compared.length === 0 ? [] : ['The same calls, with how ours compares:', table(comparedTable)]),
    'The bare statements by themselves:',
    table([['store', 'batch', 'commands/s'], ...bare]),
  ].join('\n\n')
}

const pointHead = [
  ...['store', 'server', 'connections', 'calls/s', 'median ms', 'p99 ms'],
  ...['CPU us/call', 'database', 'callers'],
]

function pointCells(engine: string, side: SideName, point: Point): string[] {
  const { connections, callsPerSecond, medianMs, p99Ms } = point
  const { cpuMicrosPerCall, databaseMicrosPerCall, callerMicrosPerCall } = point
  return [
    engine,
    sides.find(({ name }) => name === side)!.title,
    String(connections),
    callsPerSecond.toFixed(0),
    medianMs.toFixed(2),
    p99Ms.toFixed(2),
    cpuMicrosPerCall.toFixed(0),
    databaseMicrosPerCall.toFixed(0),
    callerMicrosPerCall.toFixed(0),
  ]
}

const allMicros = (point: Point): number =>
  point.cpuMicrosPerCall + point.databaseMicrosPerCall + point.callerMicrosPerCall

/** Columns wide enough for all; the first to the left, the others to the right. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map(row => row[column]!.length)))
  return rows
    .map(row => row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!))))
    .map(cells => cells.join('  ').trimEnd())
    .join('\n')
}

export const resultsFolder = join(projectRoot, 'bench/results')

/** Writes all figures, and what they were measured on, into a file of its own. Gives its path. */
export function writeResult(name: string, options: BenchOptions, result: unknown): string {
  mkdirSync(resultsFolder, { recursive: true })
  const at = new Date().toISOString()
  const path = join(resultsFolder, `${name}-${at.replace(/[:.]/g, '-')}.json`)
  const machine = { node: process.version, cpus: cpus().length, cpu: cpus()[0]?.model ?? 'unknown' }
  writeFileSync(path, `${JSON.stringify({ name, at, machine, options, result }, null, 2)}\n`)
  return path
}
