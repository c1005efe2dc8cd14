// openapi-typescript's types compile as strictly as can be, and a client made of them works.
import { copyFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { outputOf } from './program.mjs'
import { given, npmTools } from './tools.mjs'

const part = 'openapiTypescript'

const compilerOptions = {
  target: 'es2023',
  module: 'nodenext',
  lib: ['es2023', 'dom'],
  types: ['node'],
  strict: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  noUnusedLocals: true,
  verbatimModuleSyntax: true,
}

export const openapiTypescript = {
  name: part,
  prepare: () => npmTools(part),
  run: async (tools, { url, folder, openapi }) => {
    const project = join(folder, part)
    mkdirSync(project)
    symlinkSync(join(tools, 'node_modules'), join(project, 'node_modules'), 'junction')
    const program = (name) => join(tools, 'node_modules', ...name.split('/'))
    const node = (...args) => outputOf(process.execPath, args, { cwd: project })
    writeFileSync(join(project, 'package.json'), '{"type":"module"}')
    writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.mts', '*.ts'] }))
    copyFileSync(given(part, 'client.mts'), join(project, 'client.mts'))
    await node(program('openapi-typescript/bin/cli.js'), openapi, '--output', join(project, 'schema.ts'))
    await node(program('typescript/bin/tsc'), '-p', project)
    return node(join(project, 'client.mjs'), url, given('mlsObjects.mjs'))
  },
}
