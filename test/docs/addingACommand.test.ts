/** docs/adding-a-command.md leads to every place: followed here through the source, for its example and for every fact. */
import { expect } from 'chai'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { shapesByCategory } from '#src/events/anyEvent.js'

const root = fileURLToPath(new URL('../../../../', import.meta.url))
const text = (file: string): string => readFileSync(join(root, file), 'utf8')
const sourcesIn = (folder: string): string =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => text(join(folder, file)))
    .join('\n')
const quoted = (cell: string): readonly string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, word = '']) => word)

describe('the page about adding a command', () => {
  const page = text('docs/adding-a-command.md')
  const rows = page
    .split('\n')
    .filter((line) => line.startsWith('| ') && !line.startsWith('| what'))
    .map((line) => line.split(' | ').slice(-2) as [string, string])

  it('names places that are there, each with its word', () => {
    expect(rows).to.have.length.greaterThan(15)
    expect(rows.filter((row) => row.some((cell) => quoted(cell).length === 0))).to.deep.equal([])
    for (const [places, word] of rows)
      for (const file of quoted(places)) expect(text(file), file).to.contain(quoted(word)[0])
  })

  it('leaves out no room that every command comes by', () => {
    const named = rows.flatMap(([places]) => quoted(places)).join('\n')
    for (const room of [
      'src/events',
      'src/commands',
      'src/streams',
      'src/api',
      'src/items',
      'src/projections',
      'src/reactions',
    ])
      expect(named).to.contain(`${room}/`)
    for (const place of ['src/client/', 'test/golden/', 'test/commands/', 'test/scenarios/', 'docs/', 'package.json'])
      expect(named).to.contain(place)
  })

  it('was followed for every fact there is: somebody makes it, and what a queue shows of it was thought of', () => {
    const [items, made] = [
      text('src/items/itemsOf.ts'),
      ['commands', 'api', 'delivery', 'federation'].map((room) => sourcesIn(`src/${room}`)).join('\n'),
    ]
    for (const type of Object.values(shapesByCategory).flatMap((shapes) => Object.keys(shapes))) {
      expect(made, `who makes ${type}?`).to.match(new RegExp(`type: '${type}'`))
      expect(items, `what does a queue show of ${type}?`).to.contain(`case '${type}':`)
    }
  })
})
