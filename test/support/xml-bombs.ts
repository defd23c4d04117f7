// Texts that have brought XML readers down: each repeats one construct until it has about `units` UTF-16 units.
// Knows what is costly to read carelessly; must not know how our reader reads.

/** A shape by name; `well-formed` ones are read to their end, the others are refused somewhere. */
export interface Bomb {
  readonly name: string
  readonly text: (units: number) => string
}

function fill(before: string, piece: string | ((index: number) => string), after: string): (units: number) => string {
  if (typeof piece === 'string') return units => before + piece.repeat(Math.ceil(units / piece.length)) + after
  return units => {
    let text = before
    for (let index = 0; text.length < units; index++) text += piece(index)
    return text + after
  }
}

function nest(start: (index: number) => string, end: string): (units: number) => string {
  return units => {
    let starts = ''
    let depth = 0
    while (starts.length + depth * end.length < units) starts += start(depth++)
    return starts + end.repeat(depth)
  }
}

/** Half the text declares, the other half uses what was declared. */
function declareThenUse(declare: (index: number) => string, use: string): (units: number) => string {
  return units => {
    const declared = fill('<r', declare, '>')(units / 2)
    return fill(declared, use, '</r>')(units)
  }
}

const longName = (units: number) => 'u'.repeat(units / 4)

export const bombs: readonly Bomb[] = [
  { name: 'plain text', text: fill('<r>', 'a', '</r>') },
  { name: 'named references', text: fill('<r>', '&lt;', '</r>') },
  { name: 'numeric references', text: fill('<r>', 'x&#65;', '</r>') },
  { name: 'one reference of many digits', text: fill('<r>&#', '0', '65;</r>') },
  { name: 'brackets', text: fill('<r>', ']', '</r>') },
  { name: 'carriage returns', text: fill('<r>', '\r', '</r>') },
  { name: 'pairs', text: fill('<r>', '😀', '</r>') },
  { name: 'CDATA sections', text: fill('<r>', '<![CDATA[x]]>', '</r>') },
  { name: 'carriage returns in CDATA', text: fill('<r><![CDATA[', '\r', ']]></r>') },
  { name: 'ends of CDATA that are none', text: fill('<r><![CDATA[', ']]', ']]></r>') },
  { name: 'comments', text: fill('<r>', '<!--x-->', '</r>') },
  { name: 'comments before the root', text: fill('', '<!--x-->\n', '<r/>') },
  { name: 'dashes in a comment', text: fill('<r><!--', '- ', '--></r>') },
  { name: 'instructions', text: fill('<r>', '<?x y?>', '</r>') },
  { name: 'question marks in an instruction', text: fill('<r><?x ', '?', '?></r>') },
  { name: 'empty elements', text: fill('<r>', '<a/>', '</r>') },
  { name: 'elements with text', text: fill('<r>', '<a>x</a>', '</r>') },
  { name: 'depth', text: nest(() => '<a>', '</a>') },
  { name: 'depth with long names', text: nest(() => `<${'n'.repeat(200)}>`, `</${'n'.repeat(200)}>`) },
  { name: 'depth with a declaration at each level', text: nest(i => `<p:a xmlns:p="urn:${i}">`, '</p:a>') },
  { name: 'depth with a prefix of its own at each level', text: nest(i => `<a xmlns:p${i}="urn:x">`, '</a>') },
  { name: 'attributes of one element', text: fill('<r', i => ` a${i}=""`, '/>') },
  { name: 'attributes of one element in a namespace', text: fill('<r xmlns:p="urn:p"', i => ` p:a${i}=""`, '/>') },
  { name: 'declarations of one element', text: fill('<r', i => ` xmlns:p${i}="urn:p"`, '/>') },
  { name: 'elements below many declarations', text: declareThenUse(i => ` xmlns:p${i}="urn:p${i}"`, '<p0:a/>') },
  {
    name: 'attributes in two long namespaces that differ at their ends',
    text: units =>
      fill(`<r xmlns:p="${longName(units)}1" xmlns:q="${longName(units)}2">`, '<a p:x="" q:x=""/>', '</r>')(units),
  },
  {
    name: 'many attributes in a long namespace',
    text: units => {
      const element = `<a ${Array.from({ length: 20 }, (_, i) => `p:x${i}=""`).join(' ')}/>`
      return fill(`<r xmlns:p="${longName(units)}">`, element, '</r>')(units)
    },
  },
  { name: 'elements with eight attributes', text: fill('<r>', '<a a="" b="" c="" d="" e="" f="" g="" h=""/>', '</r>') },
  { name: 'line ends in a value', text: fill('<r a="', '\r\n', '"/>') },
  { name: 'references in a value', text: fill('<r a="', '&amp;', '"/>') },
  { name: 'white space in a tag', text: fill('<r ', ' ', '/>') },
  { name: 'white space in an end tag', text: fill('<r></r', ' ', '>') },
  { name: 'white space before the root', text: fill('', '\n', '<r/>') },
  { name: 'a name', text: fill('<', 'n', '/>') },
  { name: 'start tags only', text: fill('', '<a>', '') },
  { name: 'tag openings only', text: fill('', '<a ', '') },
  { name: 'openings of comments', text: fill('<r>', '<!-', '') },
  { name: 'an endless comment', text: fill('<r><!--', 'x', '') },
  { name: 'an endless value', text: fill('<r a="', 'x', '') },
  { name: 'ampersands', text: fill('<r>', '&', '') },
  { name: 'an endless declaration', text: fill('<?xml version="', '1', '') },
]
