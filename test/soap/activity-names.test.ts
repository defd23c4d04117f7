// Tokens and display names of activities against the contract: none is missing, and each means one thing.
import t from 'tap'
import {
  activityKinds,
  activityName,
  activityTypes,
  kindByName,
  kindByToken,
} from '../../src/soap/operations/activity-names.js'
import { loadWsdlModel } from '../../src/soap/wsdl/wsdl-model.js'
import { projectRoot } from '../support/project.js'

t.test('the tokens are those of the contract, in its order', async t => {
  const model = await loadWsdlModel(`${projectRoot}wsdl/mktows-3_1.wsdl`)

  t.strictSame(
    activityTypes.map(([token]) => token),
    model.enumerations.get('ActivityType')!.values,
  )
})

t.test('regular names are the words of the token', async t => {
  const irregular = activityTypes.filter(
    ([token, name]) => name.replaceAll(' ', '').toLowerCase() !== token.toLowerCase(),
  )

  t.strictSame(
    irregular.map(([token, name]) => `${token}: ${name}`),
    [
      'NewSFDCOpprtnty: New SFDC Opportunity',
      'PushLeadToSales: Sync Lead to SFDC',
      'PushLeadUpdatesToSales: Sync Lead Updates to SFDC',
      'DeleteLeadFromSales: Delete Lead from SFDC',
      'AssocWithOpprtntyInSales: Add to Opportunity',
      'DissocFromOpprtntyInSales: Remove from Opportunity',
      'UpdateOpprtntyInSales: Update Opportunity',
      'ChangeFieldInProgram: Change Program Data',
      'EnrichWithDatacom: Enrich with Data.com',
    ],
  )
})

t.test('no two tokens have one name', async t => {
  t.equal(new Set(activityTypes.map(([, name]) => name)).size, activityTypes.length)
})

t.test('each kind of ours is found by its token and by its name', async t => {
  for (const kind of activityKinds) {
    const [token, name] = activityTypes.find(([, name]) => name === activityName(kind))!
    t.equal(kindByToken(token), kind)
    t.equal(kindByName(name), kind)
    t.equal(kindByName(` ${name.toUpperCase()} `), kind)
    t.equal(kindByToken(token.toLowerCase()), kind)
  }
})

t.test('what never happens here is known all the same, and what stands for nothing is not', async t => {
  t.equal(kindByToken('VisitWebpage'), null)
  t.equal(kindByToken('RegisterForEvent'), null, 'a token that 1_6 still had')
  t.equal(kindByName('Visit Webpage'), null)
  t.equal(kindByName('Add to Nurture'), null, 'a name without a token')
  t.equal(kindByToken('Visit Webpage'), undefined)
  t.equal(kindByName('VisitWebpage'), undefined)
  t.equal(kindByToken('toString'), undefined)
})
