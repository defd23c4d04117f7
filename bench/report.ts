// What was measured, as tables for people and as JSON for the next comparison. It knows columns and files; it must not
// know how anything was measured.
import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { projectRoot } from '../test/support/project.js'
import type { BenchOptions } from './options.js'
import type { EngineResult } from './sync-lead.js'

export function syncLeadTables(results: readonly EngineResult[]): string {
  const served = results.flatMap(({ engine, served }) =>
    served.map(point => [
      engine,
      String(point.connections),
      point.callsPerSecond.toFixed(0),
      point.medianMs.toFixed(2),
      point.p99Ms.toFixed(2),
      point.cpuMicrosPerCall.toFixed(0),
      point.gcMicrosPerCall.toFixed(0),
      point.batchSize.toFixed(1),
      point.barePerSecond.toFixed(0),
      point.ratio.toFixed(2),
    ]),
  )
  const head = ['store', 'connections', 'calls/s', 'median ms', 'p99 ms', 'CPU us/call', 'of it GC', 'batch']
  const bare = results.flatMap(({ engine, bare }) =>
    bare.map(({ batchSize, commandsPerSecond }) => [engine, String(batchSize), commandsPerSecond.toFixed(0)]),
  )
  return [
    table([[...head, 'bare/s', 'ratio'], ...served]),
    'The bare statements by themselves:',
    table([['store', 'batch', 'commands/s'], ...bare]),
  ].join('\n\n')
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

/** Writes all figures, and what they were measured on, into a file of its own. Gives its path. */
export function writeResult(name: string, options: BenchOptions, result: unknown): string {
  mkdirSync(resultsFolder, { recursive: true })
  const at = new Date().toISOString()
  const path = join(resultsFolder, `${name}-${at.replace(/[:.]/g, '-')}.json`)
  const machine = { node: process.version, cpus: cpus().length, cpu: cpus()[0]?.model ?? 'unknown' }
  writeFileSync(path, `${JSON.stringify({ name, at, machine, options, result }, null, 2)}\n`)
  return path
}
