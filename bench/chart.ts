// The comparison of syncLead as a picture for the README. It knows bars and text; it must not know how anything was
// measured.
import { sides } from './baselines.js'
import type { EngineResult } from './sync-lead.js'

interface Bar {
  readonly label: string
  readonly value: number
  readonly isOurs: boolean
}

const connections = 64
const width = 720
const labelWidth = 250
const barHeight = 22
const rowHeight = 30
const titleHeight = 34
const ourColour = '#1f6f8b'
const grey = '#b8c4ca'

/** Null where there is nothing to compare with. */
export function syncLeadChart(results: readonly EngineResult[]): string | null {
  const groups = results.flatMap(groupOf)
  if (groups.length === 0) return null
  const heights = groups.map(({ bars }) => titleHeight + bars.length * rowHeight)
  const height = heights.reduce((sum, each) => sum + each, 0) + 10
  let top = 0
  const drawn = groups.map(({ title, bars }, index) => {
    const lines = drawGroup(title, bars, top)
    top += heights[index]!
    return lines
  })
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"`,
    '  font-family="sans-serif" font-size="14">',
    '<title>syncLead calls a second beside baselines</title>',
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    ...drawn.flat(),
    '</svg>',
    '',
  ].join('\n')
}

function groupOf({ engine, served, compared }: EngineResult): { title: string; bars: Bar[] }[] {
  const ours = served.find(point => point.connections === connections)
  const others = compared.filter(point => point.connections === connections)
  if (ours === undefined || others.length === 0) return []
  const store = engine === 'mariadb' ? 'MariaDB' : 'SQLite'
  const bars = [
    { label: 'this server', value: 1, isOurs: true },
    ...others.map(({ side, oursCalls }) => {
      const label = sides.find(({ name }) => name === side)!.title
      return { label, value: 1 / oursCalls, isOurs: false }
    }),
    { label: '(c) the same statements, bare', value: 1 / ours.ratio, isOurs: false },
  ]
  return [{ title: `syncLead a second on ${store}, ${connections} connections, ours = 1`, bars }]
}

function drawGroup(title: string, bars: readonly Bar[], top: number): string[] {
  const most = Math.max(...bars.map(({ value }) => value))
  const scale = (width - labelWidth - 70) / most
  const lines = [`<text x="10" y="${top + 24}" font-weight="bold">${title}</text>`]
  bars.forEach(({ label, value, isOurs }, index) => {
    const y = top + titleHeight + index * rowHeight
    const length = (value * scale).toFixed(1)
    const baseline = y + 16
    lines.push(
      `<text x="${labelWidth - 10}" y="${baseline}" text-anchor="end">${label}</text>`,
      `<rect x="${labelWidth}" y="${y}" width="${length}" height="${barHeight}" fill="${isOurs ? ourColour : grey}"/>`,
      `<text x="${(labelWidth + Number(length) + 8).toFixed(1)}" y="${baseline}">${value.toFixed(2)}</text>`,
    )
  })
  return lines
}
