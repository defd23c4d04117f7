// The types that handlers see against the schema, by the TypeScript compiler's own reading of them: every key, whether
// it may be absent, and what it holds. A type that drifts from the WSDL fails here.
import t from 'tap'
import ts from 'typescript'
import { loadWsdlModel } from '../../src/soap/wsdl-model.js'
import type { BuiltInType, FieldShape, WsdlModel } from '../../src/soap/wsdl-shape.js'
import { projectRoot } from '../support/project.js'

const model = await loadWsdlModel(`${projectRoot}wsdl/mktows-3_1.wsdl`)
const path = `${projectRoot}src/soap/messages.ts`
const program = ts.createProgram([path], { strict: true, exactOptionalPropertyTypes: true, noLib: true, types: [] })
const checker = program.getTypeChecker()
const source = program.getSourceFile(path)!
const interfaces = new Map(
  source.statements.filter(ts.isInterfaceDeclaration).map(node => [node.name.text, checker.getTypeAtLocation(node)]),
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
          text: node.type!.getText(source),
          optional: node.questionToken !== undefined,
          readonly: node.modifiers?.some(each => each.kind === ts.SyntaxKind.ReadonlyKeyword) ?? false,
        },
      ]
    }),
  )
}

function schemaFields(model: WsdlModel, name: string): ReturnType<typeof declaredFields> {
  const fields = model.complexTypes.get(name)?.fields ?? []
  return new Map(
    fields.map(field => [
      field.name,
      {
        text: expectedText(field),
        optional: !field.repeated && (!field.required || field.nillable),
        readonly: true,
      },
    ]),
  )
}

for (const name of schemaInterfaces) {
  t.test(`${name} has the keys of the schema, in its order, and no others`, async t => {
    t.strictSame([...declaredFields(interfaces.get(name)!)], [...schemaFields(model, name)])
    t.ok(model.complexTypes.has(name), 'the schema has a type of that name')
  })
}

t.test('each operation has the request and reply of the schema', async t => {
  const operations = checker.getPropertiesOfType(interfaces.get('Messages')!)

  t.ok(operations.length >= 2)
  for (const operation of operations) {
    const { input, output } = model.operations.get(operation.name)!
    const text = operation.valueDeclaration!.getText(source)
    t.match(text, `readonly params: ${input.type};`)
    t.match(text, `readonly reply: ${output.type} }`)
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
  t.notSame([...declaredFields(interfaces.get('LeadKey')!)], [...schemaFields(drifted, 'LeadKey')])
})
