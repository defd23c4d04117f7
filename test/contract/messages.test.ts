// The types that handlers see against the schema, by the TypeScript compiler's own reading of them: every key, whether
// it may be absent, and what it holds. A type that drifts from the WSDL fails here.
import t from 'tap'
import ts from 'typescript'
import { loadWsdlModel } from '../../src/soap/wsdl/wsdl-model.js'
import type { BuiltInType, FieldShape, WsdlModel } from '../../src/soap/wsdl/wsdl-shape.js'
import { projectRoot } from '../support/project.js'

const model = await loadWsdlModel(`${projectRoot}wsdl/mktows-3_1.wsdl`)
const paths = ['', '-activities', '-leads', '-lists', '-objects', '-values'].map(
  family => `${projectRoot}src/soap/messages/messages${family}.ts`,
)
// With the library: a type without keys is said by its Record.
const program = ts.createProgram(paths, { strict: true, exactOptionalPropertyTypes: true, types: [] })
const checker = program.getTypeChecker()
const statements = paths.flatMap(path => [...program.getSourceFile(path)!.statements])
const typesOf = (nodes: readonly ts.DeclarationStatement[]) =>
  new Map(nodes.map(node => [node.name!.text, checker.getTypeAtLocation(node)]))
const interfaces = typesOf(statements.filter(ts.isInterfaceDeclaration))
const aliases = typesOf(
  statements.filter(ts.isTypeAliasDeclaration).filter(({ typeParameters = [] }) => typeParameters.length === 0),
)

/** These two map names to messages and are no schema types themselves. */
const maps = ['Messages', 'HeaderBlocks']
const schemaInterfaces = [...interfaces.keys()].filter(name => !maps.includes(name))

const scalarTexts: Readonly<Record<BuiltInType, string>> = {
  string: 'string',
  anySimpleType: 'string',
  base64Binary: 'string',
  dateTime: 'string | number',
  int: 'number',
  long: 'number',
  integer: 'number',
  boolean: 'boolean',
}

function expectedText({ type, repeated, required, nillable }: FieldShape): string {
  const held = type.kind === 'builtIn' ? scalarTexts[type.name] : type.kind === 'enumeration' ? 'string' : type.name
  if (repeated) return `readonly ${held}[]`
  return required && !nillable ? held : `${held} | undefined`
}

function declaredFields(type: ts.Type): Map<string, { text: string; optional: boolean; readonly: boolean }> {
  return new Map(
    checker.getPropertiesOfType(type).map(property => {
      const node = property.valueDeclaration as ts.PropertySignature
      return [
        property.name,
        {
          text: node.type!.getText(),
          optional: node.questionToken !== undefined,
          readonly: node.modifiers?.some(each => each.kind === ts.SyntaxKind.ReadonlyKeyword) ?? false,
        },
      ]
    }),
  )
}

function schemaFields(model: WsdlModel, name: string): ReturnType<typeof declaredFields> {
  const { fields = [], base = null } = model.complexTypes.get(name) ?? {}
  const form = { text: `'${name}'`, optional: false, readonly: true }
  return new Map([
    ...(base === null ? [] : [['$type', form] as const]),
    ...fields.map(
      field =>
        [
          field.name,
          {
            text: expectedText(field),
            optional: !field.repeated && (!field.required || field.nillable),
            readonly: true,
          },
        ] as const,
    ),
  ])
}

/** Names of all complex types that stand in some message of an operation, header blocks included. */
function typesInMessages(): Set<string> {
  const names = new Set<string>()
  const visit = (name: string): void => {
    if (names.has(name)) return
    names.add(name)
    const { fields, derived } = model.complexTypes.get(name)!
    for (const each of derived) visit(each)
    for (const { type } of fields) if (type.kind === 'complex') visit(type.name)
  }
  for (const { input, output, headerParts } of model.operations.values()) {
    for (const { type } of [input, output, ...headerParts.map(part => part.element)]) visit(type)
  }
  return names
}

t.test('every type of a message has its type here, once, and nothing else has', async t => {
  t.same([...schemaInterfaces, ...aliases.keys()].sort(), [...typesInMessages()].sort())
})

t.test('what is no interface is a type without keys, or the forms of an abstract one', async t => {
  for (const [name, type] of aliases) {
    const { derived, fields } = model.complexTypes.get(name)!
    const forms = type.isUnion() ? type.types.map(form => form.symbol.name) : []

    t.same(forms.sort(), [...derived].sort(), name)
    t.same(fields, [], name)
    if (!type.isUnion()) t.same(checker.getPropertiesOfType(type), [], name)
  }
})

for (const name of schemaInterfaces) {
  t.test(`${name} has the keys of the schema, in its order, and no others`, async t => {
    t.strictSame([...declaredFields(interfaces.get(name)!)], [...schemaFields(model, name)])
    t.ok(model.complexTypes.has(name), 'the schema has a type of that name')
  })
}

t.test('each operation has the request and reply of the schema', async t => {
  const operations = checker.getPropertiesOfType(interfaces.get('Messages')!)

  t.same(
    operations.map(operation => operation.name),
    [...model.operations.keys()],
  )
  for (const operation of operations) {
    const { input, output } = model.operations.get(operation.name)!
    const text = operation.valueDeclaration!.getText()
    t.match(text, new RegExp(`readonly params: ${input.type}\\b`))
    t.match(text, new RegExp(`readonly reply: ${output.type}\\b`))
  }
})

t.test('the header blocks are those of the schema, by the names of their parts', async t => {
  const declared = declaredFields(interfaces.get('HeaderBlocks')!)

  t.strictSame([...declared.keys()], [...model.headerParts.keys()])
  for (const { part, element } of model.headerParts.values()) {
    t.strictSame(declared.get(part), {
      text: `Received<${element.type}> | undefined`,
      optional: true,
      readonly: true,
    })
  }
})

t.test('this comparison sees a type that drifts', async t => {
  const drifted: WsdlModel = {
    ...model,
    complexTypes: new Map([['LeadKey', { ...model.complexTypes.get('LeadKey')!, fields: [] }]]),
  }

  t.ok(schemaInterfaces.includes('LeadKey'))
  t.ok(typesInMessages().has('StaticListSelector'))
  t.notSame([...declaredFields(interfaces.get('LeadKey')!)], [...schemaFields(drifted, 'LeadKey')])
})
