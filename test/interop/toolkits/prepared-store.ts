// What is there before the conversations begin: a list that was imported to its end, and a campaign that runs on it.
// Conversations only read the list, so that its figures hold for all of them.
import type { Test } from 'tap'
import { startScript } from '../../support/child.js'
import { eventually } from '../../support/eventually.js'
import { authenticationHeader, envelope, legacyPath } from '../../support/legacy-client.js'
import { account } from '../../support/server-child.js'

export const prepared = {
  program: 'Interop',
  list: 'Prepared',
  members: ['pia@interop.example', 'quy@interop.example'],
  campaign: 'Opt out',
  description: 'asked by phone',
} as const

export async function prepareStore(t: Test, url: string, databaseUrl: string): Promise<void> {
  const { program, list, members, campaign, description } = prepared
  const rows = members.map(address => `<stringItem>${address}</stringItem>`)
  await post(
    url,
    `<ns1:paramsImportToList><programName>${program}</programName><importFileHeader>Email</importFileHeader>` +
      `<importFileRows>${rows.join('')}</importFileRows><importListMode>UPSERTLEADS</importListMode>` +
      `<listName>${list}</listName><clearList>false</clearList></ns1:paramsImportToList>`,
  )
  const question =
    `<ns1:paramsGetImportToListStatus><programName>${program}</programName><listName>${list}</listName>` +
    '</ns1:paramsGetImportToListStatus>'
  await eventually(async () => (await post(url, question)).includes('<status>COMPLETE</status>'), { withinMs: 30_000 })

  const values = ['--program', program, '--set', 'Unsubscribed=1', '--list', `${program}.${list}`]
  const script = startScript(t, 'src/main.ts', {
    args: ['flows', 'add', campaign, ...values, '--description', description],
    env: { DATABASE_URL: databaseUrl },
  })
  const { code } = await script.exited
  if (code !== 0) throw new Error(`flows add: ended with ${code}\n${script.stderr.join('\n')}`)
}

async function post(url: string, body: string): Promise<string> {
  const answered = await fetch(url + legacyPath, {
    method: 'POST',
    headers: { 'Content-Type': 'text/xml; charset=utf-8' },
    body: envelope(authenticationHeader(account), body),
  })
  const text = await answered.text()
  if (answered.status !== 200) throw new Error(`expected a reply, got ${answered.status}: ${text}`)
  return text
}
