/**
 * The named schemas of a document, made of zod's: what has a title stands once, under that name, and is referred to
 * wherever it is used; what a place says of it beyond that stands beside the reference.
 */
import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import { namedFields } from '../../contract/fields.js'

export type Node = { readonly [field: string]: unknown }

type Name = { readonly title: string; readonly description: string }

export type DocumentSchemas = {
  /** The schema as it stands in a document; `unnamed`: what it is called where it has no title of its own. */
  readonly of: (schema: z.ZodType, io: 'input' | 'output', unnamed?: Name) => Node
  /** What a reference names; the node itself where it is none. */
  readonly named: (node: Node) => Node
  /** What was named so far, by name. */
  readonly all: () => { readonly [name: string]: Node }
}

export const documentSchemas = (): DocumentSchemas => {
  const all = new Map<string, Node>()
  const used = new Set<string>()

  const hoist = (node: Node): Node => {
    const { title, description, default: preset, ...rest } = mapped(node, hoist)
    if (typeof title !== 'string') return mapped(node, hoist)
    const before = all.get(title)
    if (before === undefined) all.set(title, { ...rest, ...(description === undefined ? {} : { description }) })
    else {
      const { description: _, ...restBefore } = before
      if (!isDeepStrictEqual(restBefore, rest)) throw new Error(`two schemas are named ${title}`)
    }
    used.add(title)
    const own = description === all.get(title)?.['description'] ? {} : { description }
    return { $ref: refTo(title), ...own, ...(preset === undefined ? {} : { default: preset }) }
  }

  const of: DocumentSchemas['of'] = (schema, io, unnamed) => {
    const { $schema: _, ...node } = z.toJSONSchema(schema, {
      io,
      unrepresentable: 'any',
      target: 'draft-2020-12',
    }) as Node
    return hoist('title' in node ? node : { ...node, ...unnamed })
  }

  // First, so that what each is in general is not what the first place says of it.
  for (const field of namedFields) of(field, 'output')
  used.clear()

  return {
    of,
    named: (node) => all.get(nameOf(node) ?? '') ?? node,
    all: () => Object.fromEntries([...all].filter(([name]) => used.has(name)).sort(([a], [b]) => (a < b ? -1 : 1))),
  }
}

const nameOf = ({ $ref }: Node): string | undefined => (typeof $ref === 'string' ? $ref.split('/').at(-1) : undefined)

const refTo = (name: string): string => `#/components/schemas/${name}`

/** The node with each schema within it replaced. */
const mapped = (node: Node, change: (inner: Node) => Node): Node =>
  Object.fromEntries(
    Object.entries(node).map(([field, value]) => {
      if (field === 'properties') return [field, mapEach(value as Node, change)]
      if (field === 'anyOf' || field === 'oneOf' || field === 'allOf' || field === 'prefixItems')
        return [field, (value as Node[]).map(change)]
      const isSchema = ['items', 'additionalProperties', 'propertyNames'].includes(field) && typeof value === 'object'
      return [field, isSchema ? change(value as Node) : value]
    }),
  )

const mapEach = (nodes: Node, change: (inner: Node) => Node): Node =>
  Object.fromEntries(Object.entries(nodes).map(([name, node]) => [name, change(node as Node)]))
