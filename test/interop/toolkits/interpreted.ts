// Toolkits that read the WSDL when their program runs. It knows commands and names of files; what is called is said
// elsewhere.
import { json } from './notation.js'
import { driver, type Toolkit } from './toolkit.js'

/** The distribution's own Python: another one on PATH would not see the distribution's packages. */
const python = '/usr/bin/python3'
const capable = { notation: json, seesDetail: true, writesAllCharacters: true } as const

const versionOfModule = (name: string): Toolkit['version'] => [
  process.execPath,
  '-p',
  `require(${JSON.stringify(`${name}/package.json`)}).version`,
]

export const interpretedToolkits: readonly Toolkit[] = [
  {
    ...capable,
    name: 'PHP SoapClient',
    requirement: 'php',
    version: ['php', '-r', 'echo PHP_VERSION;'],
    drivers: ['php-calls.php'],
    run: () => ['php', driver('php-calls.php')],
  },
  {
    ...capable,
    name: 'zeep',
    requirement: 'zeep',
    version: [python, '-c', 'import zeep; print(zeep.__version__)'],
    drivers: ['zeep-calls.py'],
    run: () => [python, driver('zeep-calls.py')],
  },
  {
    ...capable,
    name: 'suds',
    requirement: 'suds',
    version: [python, '-c', 'import suds; print(suds.__version__)'],
    drivers: ['suds-calls.py'],
    run: () => [python, driver('suds-calls.py')],
  },
  {
    ...capable,
    name: 'SOAP::Lite',
    requirement: 'soap-lite',
    version: ['perl', '-MSOAP::Lite', '-e', 'print $SOAP::Lite::VERSION'],
    drivers: ['soap-lite-calls.pl'],
    remark: 'reads addresses and actions from the WSDL; messages are written by name, since its stubs know rpc only',
    run: () => ['perl', driver('soap-lite-calls.pl')],
  },
  {
    ...capable,
    name: 'npm soap',
    version: versionOfModule('soap'),
    drivers: ['npm-soap-calls.mjs'],
    run: () => [process.execPath, driver('npm-soap-calls.mjs')],
  },
  {
    ...capable,
    name: 'strong-soap',
    version: versionOfModule('strong-soap'),
    drivers: ['strong-soap-calls.mjs'],
    run: () => [process.execPath, driver('strong-soap-calls.mjs')],
  },
]
