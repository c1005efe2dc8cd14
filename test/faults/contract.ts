/** The routes as the OpenAPI document lists them, with a request for each that its schemas would let through. */
import type { OperatorRole } from '#src/events/operatorRole.js'

export type Schema = {
  readonly type?: string
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly minimum?: number
  readonly items?: Schema
  readonly properties?: { readonly [field: string]: Schema }
}
type Parameter = { readonly name: string; readonly in: 'path' | 'query' | 'header'; readonly schema: Schema }
export type Operation = {
  readonly method: string
  readonly path: string
  readonly access: 'anonymous' | 'client' | 'queue' | 'any' | OperatorRole
  readonly params: readonly string[]
  readonly query: readonly string[]
  /** Of a JSON body. */
  readonly body: Schema | undefined
  /** An id of a user, a client, a group, a queue or an asset stands in its path, its query or its body, or may, in MLS objects. */
  readonly namesIds: boolean
  readonly takesMls: boolean
  readonly answersMls: boolean
  /** Its body is an asset's bytes, whatever they are. */
  readonly takesBytes: boolean
}

type Document = {
  readonly paths: {
    readonly [path: string]: {
      readonly [method: string]: {
        readonly 'x-access': Operation['access']
        readonly parameters: readonly Parameter[]
        readonly requestBody?: { readonly content: { readonly [media: string]: { readonly schema: Schema } } }
        readonly responses: { readonly [status: string]: { readonly content?: object } }
      }
    }
  }
}

export const operationsOf = async (url: string): Promise<readonly Operation[]> => {
  const document = (await (await fetch(`${url}/openapi.json`)).json()) as Document
  const { paths } = spelledOut(document, document) as Document
  const assembled = Object.entries(paths).filter(([path]) => path.startsWith('/v1/') && path !== '/v1/websocket')
  return assembled.flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { 'x-access': access, parameters, requestBody, responses }]): Operation => {
      const named = (where: Parameter['in']): string[] =>
        parameters.filter((one) => one.in === where).map(({ name }) => name)
      const content = requestBody?.content ?? {}
      return {
        method: method.toUpperCase(),
        path,
        access,
        params: named('path'),
        query: named('query'),
        body: content['application/json']?.schema,
        namesIds: /\^mimi:|message\/mls/.test(JSON.stringify([parameters, content])),
        takesMls: 'message/mls' in content,
        takesBytes: Object.keys(content).some((media) => media.endsWith('octet-stream')),
        answersMls: Object.values(responses).some(({ content: media }) => 'message/mls' in (media ?? {})),
      }
    }),
  )
}

/** The document without references: what each names stands in its place. */
const spelledOut = (node: unknown, document: object): unknown => {
  if (Array.isArray(node)) return node.map((one) => spelledOut(one, document))
  if (typeof node !== 'object' || node === null) return node
  const { $ref, ...rest } = node as { readonly $ref?: string }
  if (typeof $ref === 'string') {
    const named = $ref
      .split('/')
      .slice(1)
      .reduce<unknown>((inner, field) => (inner as Record<string, unknown>)[field], document)
    return { ...(spelledOut(named, document) as object), ...rest }
  }
  return Object.fromEntries(Object.entries(node).map(([field, inner]) => [field, spelledOut(inner, document)]))
}

/** Values of fields by name, where the schema alone does not make one that fits. */
export type Samples = { readonly [field: string]: unknown }

export const pathOf = ({ path }: Operation, samples: Samples): string =>
  path.replaceAll(/\{([^}]+)\}/g, (_, name: string) => encodeURIComponent(String(samples[name])))

export const bodyOf = (schema: Schema, samples: Samples): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(schema.properties ?? {}).map(([field, of]) => [field, samples[field] ?? sampleOf(of, samples)]),
  )

const sampleOf = (schema: Schema, samples: Samples): unknown => {
  if (schema.const !== undefined) return schema.const
  if (schema.enum !== undefined) return schema.enum[0]
  if (schema.type === 'integer' || schema.type === 'number') return schema.minimum ?? 1
  if (schema.type === 'boolean') return true
  if (schema.type === 'array') return [sampleOf(schema.items ?? {}, samples)]
  return schema.type === 'object' ? bodyOf(schema, samples) : 'AAAA'
}
