// Toolkits that make code of a WSDL, which is then compiled together with a driver. It knows their commands and where
// Debian puts their libraries.
import { json, lines, xml } from './notation.js'
import { type Command, driver, type Toolkit } from './toolkit.js'

const capable = { seesDetail: true, writesAllCharacters: true }
const shell = (line: string): Command => ['sh', '-c', line]

const jars = (...names: readonly string[]): string => names.map(name => `/usr/share/java/${name}.jar`).join(':')
const jaxWsJars = jars('jaxws-rt', 'jaxws-api', 'jaxb-api', 'istack-commons-runtime')
const axisJars = jars(
  ...['axis', 'axis-jaxrpc', 'axis-saaj', 'jaxrpc', 'commons-logging', 'commons-discovery'],
  ...['wsdl4j', 'javax.activation', 'javax.mail'],
)

/** Compiles what was generated into the package `generated`, with the driver. */
function javac(classPath: string, file: string): Command {
  const sources = `generated/*.java ${driver('Beans.java')} ${driver(file)}`
  return shell(`javac -nowarn -proc:none -encoding UTF-8 -d . -cp ${classPath} ${sources}`)
}

/** The list of operations that the C++ drivers include: C++ cannot find a function by its name. */
function operationsHeader(operations: readonly string[]): Command {
  const entries = operations.map(name => `OPERATION(${name}, ${name[0]!.toUpperCase()}${name.slice(1)})`)
  return shell(`printf '%s\\n' ${entries.map(entry => `'${entry}'`).join(' ')} > operations.h`)
}

export const generatedToolkits: readonly Toolkit[] = [
  {
    ...capable,
    name: 'gSOAP',
    requirement: 'gsoap',
    version: shell('wsdl2h -V 2>&1'),
    notation: xml,
    drivers: ['gsoap-calls.cpp'],
    remark: 'C++',
    build: (wsdlUrl, operations) => [
      operationsHeader(operations),
      ['wsdl2h', '-s', '-N', 'ns', '-o', 'service.h', wsdlUrl],
      ['soapcpp2', '-C', '-L', '-x', 'service.h'],
      shell('mv *.nsmap generated.nsmap'),
      shell(`g++ -O0 -w -std=c++17 -I. -o calls soapC.cpp soapClient.cpp ${driver('gsoap-calls.cpp')} -lgsoap++`),
    ],
    run: endpoint => ['./calls', endpoint],
  },
  {
    ...capable,
    name: 'JAX-WS RI',
    requirement: 'jaxws',
    version: ['wsimport', '-version'],
    notation: lines,
    drivers: ['JaxWsCalls.java', 'Beans.java'],
    build: wsdlUrl => [
      ['wsimport', '-quiet', '-XadditionalHeaders', '-Xnocompile', '-s', '.', '-p', 'generated', wsdlUrl],
      javac(jaxWsJars, 'JaxWsCalls.java'),
    ],
    run: endpoint => ['java', '-cp', `.:${jaxWsJars}`, 'JaxWsCalls', endpoint],
  },
  {
    ...capable,
    name: 'Axis 1',
    requirement: 'axis',
    version: ['java', '-cp', axisJars, 'org.apache.axis.Version'],
    notation: lines,
    drivers: ['AxisCalls.java', 'Beans.java'],
    remark:
      'with `--wrapArrays`: without, it writes mergeLeads wrongly; ' +
      'writes characters beyond U+FFFF as two halves, which are no XML',
    writesAllCharacters: false,
    build: wsdlUrl => [
      ['java', '-cp', axisJars, 'org.apache.axis.wsdl.WSDL2Java', '-a', '-w', '-p', 'generated', '-o', '.', wsdlUrl],
      javac(axisJars, 'AxisCalls.java'),
    ],
    run: endpoint => ['java', '-cp', `.:${axisJars}`, 'AxisCalls', endpoint],
  },
  {
    ...capable,
    name: 'Mono wsdl',
    requirement: 'mono',
    version: ['mono', '--version'],
    notation: lines,
    drivers: ['MonoCalls.cs'],
    remark: 'proxies of ASP.NET, C#',
    build: wsdlUrl => [
      ['wsdl', '-n:Generated', '-o:Generated.cs', wsdlUrl],
      shell(`mcs -warn:0 -r:System.Web.Services -r:System.Xml -out:calls.exe Generated.cs ${driver('MonoCalls.cs')}`),
    ],
    run: endpoint => ['mono', 'calls.exe', endpoint],
  },
  {
    ...capable,
    name: 'KDSoap',
    requirement: 'kdsoap',
    version: ['dpkg-query', '--show', 'libkdsoap-bin'],
    notation: json,
    drivers: ['kdsoap-calls.cpp'],
    remark: 'Qt 5, C++; gives the text of a fault, not its detail; reads a nil number as 0',
    seesDetail: false,
    build: (wsdlUrl, operations) => [
      operationsHeader(operations),
      ['kdwsdl2cpp', '-o', 'generated.h', wsdlUrl],
      ['kdwsdl2cpp', '-impl', 'generated.h', '-o', 'generated.cpp', wsdlUrl],
      ['moc', 'generated.h', '-o', 'moc_generated.cpp'],
      shell(
        'qt="$(pkg-config --cflags --libs Qt5Core Qt5Network Qt5Xml)" && ' +
          'g++ -O0 -w -std=c++17 -fPIC -I. -I/usr/include/KDSoapClient -o calls ' +
          `generated.cpp moc_generated.cpp ${driver('kdsoap-calls.cpp')} -lkdsoap $qt`,
      ),
    ],
    run: endpoint => ['./calls', endpoint],
  },
]
