// PHP's own SoapClient, which most legacy callers use: it reads the WSDL from the running server and calls it.
import t from 'tap'
import { requires } from '../support/requirements.js'
import { converses, unsubscribes } from './scripts.js'

t.test('a few lines of PHP unsubscribe an address, and show the fault of a wrong key', async t => {
  if (requires(t, 'php')) await unsubscribes(t, ['php', 'unsubscribe.php'])
})

t.test('PHP SoapClient reads every value and every fault as it was meant', async t => {
  if (requires(t, 'php')) await converses(t, ['php', 'conversation.php'])
})
