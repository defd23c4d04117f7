// How secrets lie in the store.
import t from 'tap'
import { createSeal, SealError } from '../../src/service/access/seal.js'

t.test('what is sealed is opened with the same key only', async t => {
  const sealed = createSeal('operator key').close('encryption key \u00E9')

  t.match(sealed, /^aes-256-gcm:/)
  t.notMatch(sealed, /encryption/)
  t.equal(createSeal('operator key').open(sealed), 'encryption key \u00E9')
  t.throws(() => createSeal('another key').open(sealed), SealError)
  t.throws(() => createSeal(null).open(sealed), /start with the SECRET_KEY/)
})

t.test('the same secret never looks the same twice', async t => {
  const seal = createSeal('operator key')

  t.not(seal.close('secret'), seal.close('secret'))
})

t.test('without a key a secret is readable, and stays readable once there is one', async t => {
  const sealed = createSeal(null).close('secret')

  t.equal(sealed, 'plain:secret')
  t.equal(createSeal(null).open(sealed), 'secret')
  t.equal(createSeal('operator key').open(sealed), 'secret')
})

t.test('a secret that was altered, cut or has another form is refused', async t => {
  const seal = createSeal('operator key')
  const bytes = Buffer.from(seal.close('secret').slice('aes-256-gcm:'.length), 'base64')

  for (let index = 0; index < bytes.length; index++) {
    const altered = Buffer.from(bytes)
    altered[index]! ^= 1
    t.throws(() => seal.open(`aes-256-gcm:${altered.toString('base64')}`), SealError)
  }
  t.throws(() => seal.open('secret'), SealError)
})

t.test('a secret that was cut short is refused', async t => {
  const seal = createSeal('operator key')
  const bytes = Buffer.from(seal.close('secret').slice('aes-256-gcm:'.length), 'base64')

  for (const length of [0, 5, 12, 27, bytes.length - 1])
    t.throws(() => seal.open(`aes-256-gcm:${bytes.subarray(0, length).toString('base64')}`), SealError)
})
