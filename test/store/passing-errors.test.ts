// Which errors of a database mean: try the same batch again.
import t from 'tap'
import { CommitUnknown, StoreConflict, StoreUnavailable } from '../../src/service/ports.js'
import { isOfNoUse, passingError } from '../../src/store/passing-errors.js'

const mysqlError = (errno: number, code = 'ER_SOME'): Error =>
  Object.assign(new Error(`error ${errno}`), { errno, code })
const codeError = (code: string): Error => Object.assign(new Error('said so'), { code })

t.test('a deadlock and a lock that was held too long pass, before and at the commit', async t => {
  for (const errno of [1205, 1213, 3101]) {
    for (const phase of ['working', 'committing'] as const) {
      const error = passingError(mysqlError(errno), phase)
      t.ok(error instanceof StoreUnavailable, `${errno} ${phase}`)
      t.notOk(error instanceof CommitUnknown)
    }
  }
})

t.test('a node that fails, a full disk or a deadline leave the fate of a commit unknown', async t => {
  for (const error of [1180, 1047, 1053, 1114, 1969, 3024].map(errno => mysqlError(errno))) {
    t.ok(passingError(error, 'working') instanceof StoreUnavailable, `${error.message} while working`)
    t.ok(passingError(error, 'committing') instanceof CommitUnknown, `${error.message} while committing`)
  }
  for (const code of ['SQLITE_FULL', 'SQLITE_IOERR_FSYNC']) {
    t.ok(passingError(codeError(code), 'committing') instanceof CommitUnknown, code)
  }
})

t.test('a connection whose server cannot be written to is given up, a deadlock is no reason to', async t => {
  for (const error of [mysqlError(1047), mysqlError(1290), codeError('ETIMEDOUT')]) t.ok(isOfNoUse(error))
  for (const error of [mysqlError(1213), mysqlError(1205), mysqlError(1062), 'a string']) t.notOk(isOfNoUse(error))
})

t.test('a full disk and a read-only database pass: callers are told to come again', async t => {
  for (const error of [mysqlError(1021), mysqlError(1290), codeError('SQLITE_FULL'), codeError('SQLITE_READONLY')]) {
    t.ok(passingError(error, 'working') instanceof StoreUnavailable, String((error as { code?: string }).code))
  }
})

t.test('a row that somebody else was first with is a conflict, to be read again', async t => {
  t.ok(passingError(mysqlError(1062), 'working') instanceof StoreConflict)
  t.ok(passingError(codeError('SQLITE_CONSTRAINT_PRIMARYKEY'), 'working') instanceof StoreConflict)
  t.ok(passingError(codeError('SQLITE_CONSTRAINT_UNIQUE'), 'working') instanceof StoreConflict)
})

t.test('a lost connection passes while working, and leaves the fate of a commit unknown', async t => {
  for (const code of ['ECONNRESET', 'PROTOCOL_CONNECTION_LOST', 'ECONNREFUSED', 'EPIPE', 'ETIMEDOUT']) {
    t.ok(passingError(codeError(code), 'working') instanceof StoreUnavailable, code)
    t.ok(passingError(codeError(code), 'committing') instanceof CommitUnknown, code)
  }
})

t.test('an error that will not pass stays what it is, so that the guilty command is found', async t => {
  for (const error of [mysqlError(1406), codeError('SQLITE_ERROR'), new TypeError('ours'), 'a string']) {
    t.equal(passingError(error, 'working'), error)
  }
})

t.test('the cause is kept', async t => {
  const cause = mysqlError(1213)
  t.equal((passingError(cause, 'working') as Error).cause, cause)
})
