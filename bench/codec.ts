// What reading and writing messages costs, by itself, in CPU time of this process. It knows the codec; it must not know
// servers or stores.
import { join } from 'node:path'
import { loadContracts } from '../src/soap/wsdl/contracts.js'
import { projectRoot } from '../test/support/project.js'
import { manyLeadsMessages, syncLeadMessages } from './calls.js'
import type { BenchOptions } from './options.js'
import { median } from './statistics.js'

export interface CodecFigure {
  readonly work: string
  readonly bytes: number
  readonly cpuMicros: number
}

// Long enough for the compiler, and for the clock of CPU time to tick often.
const roundMs = 250

export async function measureCodec(options: BenchOptions): Promise<readonly CodecFigure[]> {
  const contract = (await loadContracts(join(projectRoot, 'wsdl'))).get('3_1')!
  const small = syncLeadMessages()()
  const large = manyLeadsMessages(300)()
  const reply = {
    result: { leadId: 1_000_000_001, syncStatus: { leadId: 1_000_000_001, status: 'UPDATED' } },
  } as const
  const encode = (): string => contract.encode('syncLead', reply, '1.1')
  const works: [string, number, () => unknown][] = [
    ['decode syncLead', small.length, () => contract.decode(small)],
    ['encode its reply', encode().length, encode],
    ['decode syncMultipleLeads, 300 leads of 6 attributes', large.length, () => contract.decode(large)],
  ]
  const figures = new Map(works.map(([work]): [string, number[]] => [work, []]))
  for (const [, , run] of works) cpuMicrosOf(run)
  for (let round = 0; round < options.rounds; round++) {
    for (const [work, , run] of works) figures.get(work)!.push(cpuMicrosOf(run))
  }
  return works.map(([work, bytes]) => ({ work, bytes, cpuMicros: median(figures.get(work)!) }))
}

function cpuMicrosOf(run: () => unknown): number {
  const until = performance.now() + roundMs
  const before = process.cpuUsage()
  let count = 0
  while (performance.now() < until) {
    run()
    count += 1
  }
  const { user, system } = process.cpuUsage(before)
  return (user + system) / count
}
