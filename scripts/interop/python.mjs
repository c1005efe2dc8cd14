// examples/python: what it reads in docs/vectors is what they say, and its clients come to their first message.
import { join } from 'node:path'
import { expectLines } from './expectLines.mjs'
import { outputOf } from './program.mjs'
import { example, pythonTools } from './tools.mjs'

const part = 'python'
const id = (kind) => `mimi://localhost/${kind}/[\\w-]{22}`
const lines = [
  /^registered alice-\w+ and bob-\w+$/,
  new RegExp(`^bob-\\w+ is ${id('u')}; claimed and verified 1 KeyPackage$`),
  new RegExp(`^created ${id('g')}$`),
  /^read 'Hello myself!', message 01[0-9a-f]{62}$/,
  /^acknowledged, the queue is empty$/,
  /^refused as it should be: no-such-group$/,
]

export const python = {
  name: part,
  prepare: () => pythonTools(part, example(part, 'requirements.txt')),
  run: async (bin, { url }) => {
    const env = { PYTHONDONTWRITEBYTECODE: '1' }
    const checked = await outputOf(join(bin, 'python'), [example(part, 'check_vectors.py')], { env })
    expectLines(await outputOf(join(bin, 'python'), [example(part, 'client.py'), url], { env }), lines)
    return checked
  },
}
