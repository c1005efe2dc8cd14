// Spectral has nothing to say of either document.
import { join } from 'node:path'
import { outputOf } from './program.mjs'
import { given, npmTools } from './tools.mjs'

export const spectral = {
  name: 'spectral',
  prepare: () => npmTools('spectral'),
  run: async (folder, documents) => {
    const program = join(folder, 'node_modules', '@stoplight', 'spectral-cli', 'dist', 'index.js')
    for (const name of ['openapi', 'asyncapi']) {
      const args = [program, 'lint', '--fail-severity', 'hint', '--ruleset', given('spectral', `${name}.yaml`)]
      await outputOf(process.execPath, [...args, documents[name]])
    }
    return 'openapi.json, asyncapi.json'
  },
}
