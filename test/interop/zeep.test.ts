// Python's zeep, the strictest reader of schemas among the toolkits: it reads the WSDL from the running server and
// calls it.
import t from 'tap'
import { requires } from '../support/requirements.js'
import { converses, unsubscribes } from './scripts.js'

/** The distribution's own, which sees the distribution's packages. */
const python = '/usr/bin/python3'

t.test('a few lines of Python unsubscribe an address, and show the fault of a wrong key', async t => {
  if (requires(t, 'zeep')) await unsubscribes(t, [python, 'unsubscribe.py'])
})

t.test('zeep reads every value and every fault as it was meant', async t => {
  if (requires(t, 'zeep')) await converses(t, [python, 'conversation.py'])
})
