// What a foreign toolkit is to these tests: how it is recognised, how it imports a WSDL, and how its driver is run. It
// must not know any single toolkit.
import { join } from 'node:path'
import type { RequirementName } from '../../support/requirements.js'
import { builtFolder, driversFolder } from './build.js'
import type { Answer, SignedCall } from './call.js'
import type { Notation } from './notation.js'
import { runProgram } from './program.js'

export type Command = readonly [program: string, ...args: string[]]

export interface Toolkit {
  /** As the README names it. */
  readonly name: string
  /** Absent for what comes with the project's own packages. */
  readonly requirement?: RequirementName
  /** Prints the version, among other things. */
  readonly version: Command
  readonly notation: Notation
  /** Files in the folder of drivers. */
  readonly drivers: readonly string[]
  /** What is said of it in the README beside the result. */
  readonly remark?: string
  /** False for one that shows its caller the text of a fault alone. */
  readonly seesDetail: boolean
  /** False for one that writes characters beyond U+FFFF as two halves, which no XML parser may take. */
  readonly writesAllCharacters: boolean
  /** Generates and compiles; run in an empty folder. Without it the driver imports the WSDL each time. */
  build?(wsdlUrl: string, operations: readonly string[]): readonly Command[]
  /** Runs the driver; in the folder of the build if there is one. */
  run(endpoint: string): Command
}

export async function versionOf({ version: [program, ...args], name }: Toolkit): Promise<string> {
  const said = await runProgram(program, args)
  const version = /\d+(?:\.\d+)+/.exec(said)?.[0]
  if (version === undefined) throw new Error(`${name}: expected a version, got '${said}'`)
  return version
}

export interface Imported {
  readonly when: 'now' | 'by an earlier run' | 'with the calls'
  carryOut(calls: readonly SignedCall[]): Promise<readonly Answer[]>
}

/** Has the toolkit import the WSDL of an endpoint of the running server, and gives what makes calls with it. */
export async function importWsdl(toolkit: Toolkit, endpoint: string, toolVersion: string): Promise<Imported> {
  const wsdlUrl = `${endpoint}?WSDL`
  const wsdlText = await (await fetch(wsdlUrl)).text()
  const commands = toolkit.build?.(wsdlUrl, operationsIn(wsdlText)) ?? []
  const [program, ...args] = toolkit.run(endpoint)
  const carryOut = async (cwd: string, calls: readonly SignedCall[]): Promise<readonly Answer[]> => {
    const input = toolkit.notation.write(endpoint, calls)
    return toolkit.notation.read(await runProgram(program, args, { cwd, input }))
  }
  if (commands.length === 0) return { when: 'with the calls', carryOut: calls => carryOut(driversFolder, calls) }

  const { drivers } = toolkit
  const name = `${toolkit.name} ${endpoint.slice(endpoint.lastIndexOf('/') + 1)}`
  const recipe = JSON.stringify(commands).replaceAll(endpoint, '')
  const { folder, isNew } = await builtFolder({ name, toolVersion, wsdlText, drivers, recipe }, async cwd => {
    for (const [builder, ...words] of commands) await runProgram(builder, words, { cwd })
  })
  return { when: isNew ? 'now' : 'by an earlier run', carryOut: calls => carryOut(folder, calls) }
}

function operationsIn(wsdlText: string): readonly string[] {
  const portType = /<(?:\w+:)?portType\b[\s\S]*?<\/(?:\w+:)?portType>/.exec(wsdlText)?.[0] ?? ''
  return [...portType.matchAll(/<(?:\w+:)?operation\s+name="(\w+)"/g)].map(([, name]) => name!)
}

/** Path of a file in the folder of drivers. */
export const driver = (file: string): string => join(driversFolder, file)
