// Declarations that the server derives from zod schemas, spelled out for a package that has the types alone: zod is half of
// what would be installed, and none of it would run.
import { dirname, join, relative } from 'node:path'
import ts from 'typescript'
import { root } from '../setup/root.mjs'

const { NoTruncation, InTypeAlias, UseSingleQuotesForStringLiteralType } = ts.TypeFormatFlags
const format = NoTruncation | InTypeAlias | UseSingleQuotesForStringLiteralType

/** By the path of the declaration: the type that the client uses of it. */
const spelled = new Map([['dist/contract/problems.d.ts', 'Problem']])

/** The text to write in place of a declaration; undefined: it is written as it stands. */
export const spelledOut = (file) => {
  if (spelled.has(file) && !texts.has(file)) texts.set(file, declarationOf(file, spelled.get(file)))
  return texts.get(file)
}

/** The compiler is asked once for each. */
const texts = new Map()

/** The compiler names modules by their path on this machine. */
const from = (path, module) => {
  const way = relative(dirname(path), module).replaceAll('\\', '/')
  return way.startsWith('.') ? way : `./${way}`
}

const declarationOf = (file, name) => {
  const path = join(root, file)
  const options = {
    strict: true,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
  }
  const program = ts.createProgram([path], options)
  const source = program.getSourceFile(path)
  const checker = program.getTypeChecker()
  const types = new Map(source.statements.filter(ts.isTypeAliasDeclaration).map((one) => [one.name.text, one]))
  const printed = checker.typeToString(checker.getTypeAtLocation(types.get(name).name), source, format)
  const text = printed.replace(/import\("([^"]+)"\)/g, (_, module) => `import('${from(path, module)}.js')`)
  // What it still names is declared beside it, as long as that names nothing of zod.
  const beside = [...types]
    .filter(([one]) => one !== name && new RegExp(`\\b${one}\\b`).test(text))
    .map(([, one]) => one.getText(source))
  const made = [...beside, `export type ${name} = ${text};`, ''].join('\n')
  if (/\bz\.|\$Zod/.test(made)) throw new Error(`${file}: ${name} cannot be spelled out without zod`)
  return made
}
