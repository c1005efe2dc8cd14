// openapi-python-client makes a client without a warning, and that client works.
import { delimiter, join } from 'node:path'
import { outputOf } from './program.mjs'
import { given, pythonTools } from './tools.mjs'

const part = 'openapiPythonClient'

export const openapiPythonClient = {
  name: part,
  prepare: () => pythonTools(part),
  run: async (bin, { url, folder, openapi }) => {
    const made = join(folder, part)
    const env = {
      PATH: `${bin}${delimiter}${process.env['PATH'] ?? ''}`,
      PYTHONPATH: made,
      PYTHONDONTWRITEBYTECODE: '1',
    }
    const args = ['generate', '--path', openapi, '--config', given(part, 'config.yaml'), '--output-path', made]
    const said = await outputOf(join(bin, 'openapi-python-client'), args, { env })
    if (/warning|error|skipping/i.test(said)) throw new Error(said.slice(0, 1_500))
    return outputOf(join(bin, 'python'), [given(part, 'client.py'), url, process.execPath, given('mlsObjects.mjs')], {
      env,
    })
  },
}
