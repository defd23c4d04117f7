// What every store must do, as one suite over any of them: the model in memory, SQLite, MySQL and MariaDB.
import type { Test } from 'tap'
import type { AnyStore } from '../support/memory-store.js'
import { Scene } from '../support/scene.js'
import { changeTests } from './suite-changes.js'
import { checkTests } from './suite-checks.js'
import { flowWorkerTests } from './suite-flow-worker.js'
import { flowTests } from './suite-flows.js'
import { historyTests } from './suite-history.js'
import { importTests } from './suite-imports.js'
import { listTests } from './suite-lists.js'
import { pageTests } from './suite-pages.js'
import { portTests } from './suite-ports.js'
import { concurrencyTests, scenarioTests } from './suite-scenarios.js'
import { traceTests } from './suite-traces.js'
import { valueTests } from './suite-values.js'

/** One claim about a store; the scene is on a stage of its own. */
export type StoreTest = (t: Test, scene: Scene) => Promise<void>

/** Runs every claim over one store. What `open` opens it also closes, by the teardown of the test that it is given. */
export async function storeSuite(
  t: Test,
  name: string,
  open: (t: Test) => Promise<{ readonly store: AnyStore }>,
): Promise<void> {
  await t.test(`any store, here ${name}`, async t => {
    const { store } = await open(t)
    const tests: Readonly<Record<string, StoreTest>> = {
      ...portTests,
      ...pageTests,
      ...historyTests,
      ...listTests,
      ...importTests,
      ...flowTests,
      ...traceTests,
      ...flowWorkerTests,
      ...changeTests,
      ...checkTests,
      ...valueTests,
      ...scenarioTests,
      ...concurrencyTests,
    }
    let stage = 0
    for (const [title, test] of Object.entries(tests)) {
      await t.test(title, t => test(t, new Scene(store, `stage${++stage}.example`)))
    }
  })
}
