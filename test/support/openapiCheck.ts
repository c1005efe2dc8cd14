/**
 * Holds every HTTP answer of a test run against the server's own OpenAPI document: global fetch is wrapped, and what does
 * not fit is gathered and fails the test it happened in.
 */
import { createHash } from 'node:crypto'
import { Ajv2020 } from 'ajv/dist/2020.js'
import type { ValidateFunction } from 'ajv/dist/2020.js'
import { hasLeft, isWhole } from './wholeServers.js'

type Media = { readonly [type: string]: { readonly schema: object } }
type Answer = { readonly content?: Media }
type Operation = { readonly responses: { readonly [status: string]: Answer | { readonly $ref: string } } }
type Document = {
  readonly paths: { readonly [path: string]: { readonly [method: string]: Operation } }
  readonly components: { readonly responses: { readonly [name: string]: Answer } }
}
type Contract = {
  readonly document: Document
  readonly routes: readonly { readonly path: string; readonly pattern: RegExp }[]
}

const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true })
const validators = new WeakMap<object, ValidateFunction>()
/** By origin, or of all that are whole; and by what they say: what a schema compiles to is dear, and many say the same. */
const contracts = new Map<string, Promise<Contract | undefined>>()
const known = new Map<string, Contract>()
const faults: string[] = []
const bare = globalThis.fetch

/** Wraps global fetch. Only servers that serve an OpenAPI document are held to it. */
export const watchResponses = (): void => {
  globalThis.fetch = async (input, init) => {
    const response = await bare(input, init)
    const request = new Request(input, init === undefined ? undefined : { method: init.method ?? 'GET' })
    await examine(request, withoutStream(response)).catch((error: unknown) => {
      if (!isGone(error)) faults.push(`${request.method} ${request.url}: ${String(error)}`)
    })
    return response
  }
}

/** A stream of bytes has no schema, and is its reader's: whoever read it here as well would wait for its end, and keep all of it. */
const withoutStream = (response: Response): Response => {
  const { status, headers } = response
  if (headers.get('content-type') !== 'application/octet-stream') return response.clone()
  return new Response(undefined, { status, headers })
}

/** What did not fit since the last call. */
export const takeFaults = (): readonly string[] => faults.splice(0)

/** The server was killed while we looked: that is another test's business. */
const isGone = (error: unknown): boolean =>
  error instanceof TypeError || (error instanceof DOMException && error.name === 'AbortError')

const examine = async (request: Request, response: Response): Promise<void> => {
  const { origin, pathname } = new URL(request.url)
  if (!pathname.startsWith('/v1/')) return
  const contract = await contractOf(origin)
  if (contract === undefined) return
  const where = `${request.method} ${pathname} → ${response.status}`
  const operation = operationOf(contract, request.method, pathname)
  if (operation !== undefined) return examineAnswer(where, operation, response, contract)
  // Addresses say what they are not: 405, and 426 where websockets are.
  if ([404, 405, 426].includes(response.status) || request.method === 'OPTIONS') return
  // Another server may have had this port before.
  contracts.delete(origin)
  hasLeft(origin)
  const newer = await contractOf(origin)
  if (newer === undefined) return
  const found = operationOf(newer, request.method, pathname)
  if (found === undefined) faults.push(`${where}: no such route in the document`)
  else await examineAnswer(where, found, response, newer)
}

const operationOf = ({ document, routes }: Contract, method: string, pathname: string): Operation | undefined => {
  const route = routes.find(({ pattern }) => pattern.test(pathname))
  const documented = route === undefined ? undefined : document.paths[route.path]
  // HEAD is answered as GET is, without the body (RFC 9110 §9.3.2), where it is not documented itself.
  return documented?.[method.toLowerCase()] ?? (method === 'HEAD' ? documented?.['get'] : undefined)
}

const examineAnswer = async (
  where: string,
  operation: Operation,
  response: Response,
  contract: Contract,
): Promise<void> => {
  const listed = operation.responses[String(response.status)]
  const { responses } = contract.document.components
  const declared = listed !== undefined && '$ref' in listed ? responses[listed.$ref.split('/').at(-1) ?? ''] : listed
  // Listed, for clients; of a server that is tested it is a bug all the same.
  if (declared === undefined || response.status === 500) {
    faults.push(`${where}: the document does not list this status`)
    return
  }
  if (!where.startsWith('HEAD ')) await examineBody(where, declared.content ?? {}, response, contract)
}

const examineBody = async (
  where: string,
  content: Media,
  response: Response,
  { document }: Contract,
): Promise<void> => {
  const type = response.headers.get('content-type')?.split(';')[0]
  const bytes = new Uint8Array(await response.arrayBuffer())
  if (bytes.length === 0 && Object.keys(content).length === 0) return
  const media = type === undefined ? undefined : content[type]
  if (media === undefined) {
    faults.push(`${where}: the document does not list ${type ?? 'an empty body'}`)
    return
  }
  if (type?.endsWith('json') !== true) return
  const validate = validatorOf(media.schema, document)
  const body = JSON.parse(new TextDecoder().decode(bytes)) as unknown
  if (!validate(body)) faults.push(`${where}: ${ajv.errorsText(validate.errors)}`)
}

const validatorOf = (schema: object, { components }: Document): ValidateFunction => {
  const compiled = validators.get(schema)
  if (compiled !== undefined) return compiled
  const made = ajv.compile({ ...schema, components })
  validators.set(schema, made)
  return made
}

const contractOf = (origin: string): Promise<Contract | undefined> => {
  const name = isWhole(origin) ? 'whole' : origin
  const told = contracts.get(name)
  if (told !== undefined) return told
  const asked = bare(`${origin}/openapi.json`)
    .then(async (response) => {
      // That one tells nobody, and so says nothing of the others.
      if (!response.ok && name !== origin) contracts.delete(name)
      return response.ok ? contractFrom((await response.json()) as Document) : undefined
    })
    .catch(() => {
      contracts.delete(name)
      return undefined
    })
  contracts.set(name, asked)
  return asked
}

const contractFrom = ({ paths, components }: Document): Contract => {
  const text = createHash('sha256').update(JSON.stringify({ paths, components })).digest('base64url')
  const contract = known.get(text) ?? contractOver({ paths, components })
  known.set(text, contract)
  return contract
}

/** Fixed segments win over parameters: `/v1/users/me` before `/v1/users/{user}`. */
const contractOver = (document: Document): Contract => ({
  document,
  routes: Object.keys(document.paths)
    .sort((a, b) => a.split('{').length - b.split('{').length)
    .map((path) => ({ path, pattern: new RegExp(`^${path.replaceAll(/\{[^}]+\}/g, '[^/]+')}$`) })),
})
