/** Examples, put together from those of the fields, so that a field is exemplified once and every route has one. */
import type { Node } from './documentSchemas.js'

type Schemas = { readonly [name: string]: Node }

/** A value that the schema lets through. `schemas`: what its references name. */
export const exampleOf = (node: Node, schemas: Schemas): unknown => {
  const { $ref, examples, const: constant, enum: values, type } = node
  if (typeof $ref === 'string') return exampleOf(schemas[$ref.split('/').at(-1) ?? ''] ?? {}, schemas)
  if (Array.isArray(examples)) return examples[0] as unknown
  if (constant !== undefined) return constant
  if (Array.isArray(values)) return values[0] as unknown
  const first = firstOf(node)
  if (first !== undefined) return exampleOf(first, schemas)
  if (type === 'array') return [exampleOf(node['items'] as Node, schemas)]
  if (type === 'boolean') return false
  if (type === 'object') return objectOf(node, schemas)
  return type === 'integer' || type === 'number' ? (node['minimum'] ?? 1) : 'text'
}

const firstOf = ({ oneOf, anyOf }: Node): Node | undefined => ((oneOf ?? anyOf) as readonly Node[] | undefined)?.[0]

const objectOf = ({ properties = {} }: Node, schemas: Schemas): object => {
  const fields = Object.entries(properties as Schemas).map(([name, field]) => [name, exampleOf(field, schemas)])
  return Object.fromEntries(fields) as object
}
