/** The OpenAPI document and the AsyncAPI document as a whole: whoever has one of them needs nothing else. */
import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect } from 'chai'
import { problems } from '#src/contract/problems.js'
import { startServer } from '../../support/startServer.js'
import type { RunningServer } from '../../support/startServer.js'

type Node = { readonly [field: string]: unknown }
type Operation = Node & {
  readonly parameters: readonly Node[]
  readonly requestBody?: { readonly content: Content }
  readonly responses: { readonly [status: string]: Node }
}
const isBytes = (media: string): boolean =>
  ['message/mls', 'application/octet-stream', 'application/offset+octet-stream'].includes(media)

type Content = { readonly [media: string]: { readonly schema: Node; readonly example?: unknown } }
type Document = Node & {
  readonly paths: { readonly [path: string]: { readonly [method: string]: Operation } }
  readonly tags: readonly { readonly name: string; readonly description: string }[]
  readonly components: {
    readonly schemas: { readonly [name: string]: Node }
    readonly responses: { readonly [name: string]: Node & { readonly content: Content; readonly headers: Node } }
    readonly headers: Node
  }
}

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null

/** Every node within, with the path to it. */
function* nodesIn(value: unknown, path: readonly string[] = []): Generator<readonly [readonly string[], Node]> {
  if (!isNode(value)) return
  if (!Array.isArray(value)) yield [path, value]
  for (const [field, inner] of Object.entries(value)) {
    if (!['example', 'examples'].includes(field)) yield* nodesIn(inner, [...path, field])
  }
}

const referred = (document: Node, $ref: string): Node =>
  $ref
    .split('/')
    .slice(1)
    .reduce((node, field) => node[field] as Node, document)

describe('the documents of the interface', () => {
  let server: RunningServer
  let document: Document
  let asyncapi: Document
  const operations = (): readonly (readonly [string, Operation])[] =>
    Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => [`${method} ${path}`, operation] as const),
    )
  const contentsOf = (operation: Operation): readonly Content[] => [
    ...(operation.requestBody === undefined ? [] : [operation.requestBody.content]),
    ...Object.entries(operation.responses)
      .filter(([status]) => status.startsWith('2'))
      .flatMap(([, { content }]) => (content === undefined ? [] : [content as Content])),
  ]
  const operation = (name: string): Operation => {
    const found = operations().find(([one]) => one === name)?.[1]
    if (found === undefined) throw new Error(`${name} is not in the document`)
    return found
  }
  const answer = (name: string, status: number) => {
    const { $ref } = operation(name).responses[status] as { readonly $ref: string }
    return document.components.responses[$ref.split('/').at(-1) ?? '']!
  }

  before(async () => {
    server = await startServer()
    const read = async (path: string) => (await (await fetch(server.url + path)).json()) as Document
    document = await read('/openapi.json')
    asyncapi = await read('/asyncapi.json')
  })
  after(() => server.stop())

  it('say of every field, parameter and header what it is', () => {
    const bare: string[] = []
    for (const [name, doc] of [['openapi', document] as const, ['asyncapi', asyncapi] as const]) {
      const says = (node: Node): boolean =>
        (typeof node['description'] === 'string' && node['description'] !== '') ||
        (typeof node['$ref'] === 'string' && says(referred(doc, node['$ref'])))
      for (const [path, node] of nodesIn(doc)) {
        const fields = path.at(-1) === 'properties' ? Object.entries(node) : []
        for (const [field, of] of fields) if (!says(of as Node)) bare.push([name, ...path, field].join('.'))
        if (typeof node['in'] === 'string' && !says(node)) bare.push([name, ...path].join('.'))
        if (path.at(-2) === 'headers' && path.includes('components') && !says(node)) bare.push(path.join('.'))
      }
      for (const [schema, node] of Object.entries(doc.components.schemas))
        if (!says(node)) bare.push(`${name} ${schema}`)
    }
    expect(bare.join('\n')).to.equal('')
  })

  it('give an example of everything that is no bytes, which its schema lets through', () => {
    const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true })
    ajv.addSchema({ $id: 'https://doc.example/', components: document.components })
    let seen = 0
    for (const [path, node] of nodesIn({ paths: document.paths, components: document.components })) {
      if (!isNode(node['schema'])) continue
      if (isBytes(path.at(-1) ?? '')) continue
      expect(node, path.join('.')).to.have.property('example')
      const $ref =
        typeof node['schema']['$ref'] === 'string' ? `https://doc.example/${node['schema']['$ref']}` : undefined
      const schema = JSON.parse(JSON.stringify(node['schema']).replaceAll('"#/', '"https://doc.example/#/')) as object
      expect(
        ajv.validate($ref === undefined ? schema : { $ref }, node['example']),
        `${path.join('.')}: ${ajv.errorsText()}`,
      ).to.equal(true)
      seen++
    }
    expect(seen).to.be.greaterThan(200)
    for (const [name, { parameters, ...rest }] of operations()) {
      expect(
        parameters.every((one) => 'example' in one),
        name,
      ).to.equal(true)
      for (const content of contentsOf({ parameters, ...rest }))
        for (const [media, one] of Object.entries(content))
          if (!isBytes(media)) expect(one, `${name} ${media}`).to.have.property('example')
    }
  })

  it('name every object once', () => {
    for (const doc of [document, asyncapi]) {
      const places = new Map<string, string>()
      for (const [path, node] of nodesIn({ ...doc, components: { ...doc.components, securitySchemes: {} } })) {
        if (node['type'] !== 'object' || path.at(-1) === 'properties') continue
        // A table of things by name is no object with fields of its own.
        if (!('properties' in node) || 'propertyNames' in node) continue
        expect(path.slice(0, -1), `${path.join('.')} has no name`).to.deep.equal(['components', 'schemas'])
        const text = JSON.stringify({ ...node, description: '' })
        expect(places.get(text), `${path.join('.')} is there already`).to.equal(undefined)
        places.set(text, path.join('.'))
      }
      const text = JSON.stringify(doc)
      for (const name of Object.keys(doc.components.schemas)) expect(text).to.include(`#/components/schemas/${name}"`)
    }
  })

  it('have a JSON variant wherever MLS objects go in or out as they are', () => {
    const withMls = operations().flatMap(([name, one]) =>
      contentsOf(one)
        .filter((content) => 'message/mls' in content)
        .map((content) => [name, content] as const),
    )
    expect(withMls.length).to.be.greaterThan(6)
    for (const [name, content] of withMls) expect(Object.keys(content)[0], name).to.equal('application/json')
  })

  it('list the headers that requests and answers have', () => {
    const headersOf = (name: string) =>
      operation(name)
        .parameters.filter((one) => one['in'] === 'header')
        .map((one) => one['name'])
    expect(headersOf('put /v1/groups/{group}/profile')).to.deep.equal(['Idempotency-Key', 'If-Match'])
    expect(headersOf('post /v1/groups/{group}/messages')).to.deep.equal([
      'Idempotency-Key',
      'Confirmed-Transcript-Hash',
      'Urgency',
      'Targets',
    ])
    expect(headersOf('get /openapi.json')).to.deep.equal(['If-None-Match'])
    for (const name of ['get /v1/groups/{group}/profile', 'get /openapi.json'])
      expect(operation(name).responses['200']).to.have.nested.property('headers.ETag')
    for (const status of [429, 503])
      expect(answer('post /v1/keyPackages', status).headers).to.include.keys('Retry-After')
    expect(answer('post /v1/keyPackages', 401).headers).to.include.keys('WWW-Authenticate')
    expect(operation('post /v1/keyPackages').responses['201']?.['headers']).to.include.keys(
      'RateLimit',
      'RateLimit-Policy',
      'X-Request-Id',
    )
  })

  it('have every address that the server has, each with a tag that is explained', () => {
    const all = ['/livez', '/readyz', '/version', '/metrics', '/docs', '/openapi.json', '/asyncapi.json']
    expect(document.paths).to.include.keys(...all, '/.well-known/mls-homeserver', '/v1/websocket', '/v1/token')
    const told = new Set(document.tags.filter(({ name, description }) => description !== name).map(({ name }) => name))
    for (const [name, { tags }] of operations()) expect([...told], name).to.include.members(tags as string[])
  })

  it('show every problem with its fields', () => {
    for (const [code, { status, fields }] of Object.entries(problems)) {
      const name = `Problem${code.replaceAll(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase())}`
      const schema = asyncapi.components.schemas[name] as { readonly properties: Node }
      expect(Object.keys(schema.properties), code).to.include.members(['code', 'requestId', ...Object.keys(fields)])
      expect(schema.properties['status'], code).to.include({ const: status })
    }
    expect(JSON.stringify(answer('post /v1/groups/{group}/commits', 409))).to.include(
      '#/components/schemas/ProblemWrongEpoch',
    )
  })

  it('are kept by what is no route of clients too', async () => {
    const ajv = new Ajv2020({ strict: false, validateFormats: false })
    for (const path of ['/livez', '/readyz', '/version', '/.well-known/mls-homeserver']) {
      const response = await fetch(server.url + path)
      const content = operation(`get ${path}`).responses[String(response.status)]?.['content'] as Content
      const schema = { ...content['application/json']!.schema, components: document.components }
      expect(ajv.validate(schema, await response.json()), `${path}: ${ajv.errorsText()}`).to.equal(true)
    }
  })
})
