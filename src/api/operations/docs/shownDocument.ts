/** What the page reads of the OpenAPI document. */
import type { Schema } from './schemas.js'

export type Content = { readonly [media: string]: { readonly schema: Schema; readonly example?: unknown } }
export type Answer = { readonly description: string; readonly content?: Content }
type Ref = { readonly $ref: string }
export type Parameter = {
  readonly name: string
  readonly in: 'path' | 'query' | 'header'
  readonly required: boolean
  readonly description: string
  readonly schema: Schema
  readonly example: unknown
}
export type Operation = {
  readonly summary: string
  readonly description: string
  readonly tags: readonly string[]
  readonly 'x-access': string
  readonly parameters: readonly Parameter[]
  readonly 'x-example-query'?: { readonly [name: string]: string }
  readonly requestBody?: { readonly content: Content }
  readonly responses: { readonly [status: string]: Answer | Ref }
}
export type ShownDocument = {
  readonly servers: readonly { readonly url: string }[]
  readonly tags: readonly { readonly name: string; readonly description: string }[]
  readonly paths: { readonly [path: string]: { readonly [method: string]: Operation } }
  readonly components: {
    readonly responses: { readonly [name: string]: Answer }
    readonly schemas: { readonly [name: string]: Schema }
  }
}

/** One route of the document. */
export type Entry = { readonly path: string; readonly method: string; readonly operation: Operation }

export const entriesIn = ({ paths }: ShownDocument): readonly Entry[] =>
  Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  )

/** Where in the page a route stands. */
export const anchorOf = ({ path, method }: Entry): string => `${method}${path}`.replaceAll(/[^A-Za-z0-9]+/g, '-')
/** Where in the page the routes of a tag begin. */
export const anchorOfTag = (tag: string): string => `about-${tag.replaceAll(/[^A-Za-z0-9]+/g, '-')}`
