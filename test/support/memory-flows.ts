// Flows and their scheduled runs in memory, as any store must keep them: with leases, and with copies of what it is
// given.
import type { Flow } from '../../src/domain/flow.js'
import type { FlowRun, FlowStore } from '../../src/service/flows/flows.js'
import type { Replay } from '../../src/service/writes/submission.js'

interface KeptRun {
  run: FlowRun
  readonly request: Exclude<Replay, { readonly type: 'none' }> | null
  holder: string | null
  heldUntil: number
  endedAt: number | null
  cancelledAt: number | null
}

const untouched = { upTo: 0, people: 0, changed: 0, refused: 0 }

export function memoryFlows(): FlowStore {
  const flows: Flow[] = []
  const runs: KeptRun[] = []
  const held = (id: number, holder: string): KeptRun | undefined =>
    runs.find(kept => kept.run.id === id && kept.holder === holder && kept.endedAt === null)
  const place = ({ program, name }: Flow): string => JSON.stringify([program ?? '', name])

  return {
    async flows() {
      return [...flows].sort((a, b) => (place(a) < place(b) ? -1 : 1))
    },
    async flowById(id) {
      return flows.find(flow => flow.id === id)
    },
    async flowByName(name, program) {
      return flows.find(flow => flow.name === name && flow.program === program)
    },
    async addFlow(given) {
      if (flows.some(({ name, program }) => name === given.name && program === given.program)) return undefined
      const flow: Flow = { ...structuredClone(given), id: 1_000_001 + flows.length }
      flows.push(flow)
      return flow
    },
    async deleteFlow(id) {
      const index = flows.findIndex(flow => flow.id === id)
      if (index >= 0) flows.splice(index, 1)
      return index >= 0
    },
    async scheduleFlowRun(given, replay) {
      const request = replay.type === 'none' ? null : replay
      const before = request && runs.find(kept => kept.request?.replayKey === request.replayKey)
      if (before) return JSON.stringify(before.request) === JSON.stringify(request) ? before.run.id : undefined
      const run: FlowRun = { ...structuredClone(given), id: runs.length + 1, ...untouched }
      runs.push({ run, request, holder: null, heldUntil: 0, endedAt: null, cancelledAt: null })
      return run.id
    },
    async claimFlowRun(now, { holder, until }) {
      const due = runs.filter(kept => kept.endedAt === null && kept.run.runAt <= now && kept.heldUntil <= now)
      const [first] = due.sort((a, b) => a.run.runAt - b.run.runAt || a.run.id - b.run.id)
      if (first === undefined) return undefined
      Object.assign(first, { holder, heldUntil: until })
      return structuredClone(first.run)
    },
    async advanceFlowRun(id, { holder, until }, progress) {
      const kept = held(id, holder)
      if (kept === undefined) return false
      kept.run = { ...kept.run, ...progress }
      kept.heldUntil = until
      return true
    },
    async flowRunById(id) {
      const kept = runs.find(({ run }) => run.id === id)
      if (kept === undefined) return undefined
      const { run, holder, heldUntil, endedAt, cancelledAt } = kept
      const isHeld = endedAt === null && holder !== null && heldUntil > Date.now()
      return structuredClone({ ...run, isHeld, endedAt, cancelledAt })
    },
    async cancelFlowRun(id, at) {
      const kept = runs.find(({ run }) => run.id === id)
      if (kept === undefined || kept.endedAt !== null || kept.cancelledAt !== null) return false
      kept.cancelledAt = at
      kept.run = { ...kept.run, runAt: Math.min(kept.run.runAt, at) }
      return true
    },
    async isFlowRunCancelled(id) {
      return runs.some(({ run, cancelledAt }) => run.id === id && cancelledAt !== null)
    },
    async endFlowRun(id, holder, at) {
      const kept = held(id, holder)
      if (kept === undefined) return false
      Object.assign(kept, { endedAt: at, holder: null })
      return true
    },
  }
}
