/** The named schemas on the page of the documentation: their fields, each with what it is. */
import { escape, prose } from './docsText.js'

export type Schema = {
  readonly $ref?: string
  readonly type?: string
  readonly description?: string
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly items?: Schema
  readonly additionalProperties?: Schema | boolean
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly properties?: { readonly [name: string]: Schema }
  readonly required?: readonly string[]
}

export const nameIn = ({ $ref }: { readonly $ref: string }): string => $ref.split('/').at(-1) ?? ''

export const schemaArticle = ([name, schema]: readonly [string, Schema]): string => {
  const { description = '', properties = {}, required = [] } = schema
  const rows = Object.entries(properties).map(
    ([field, of]) =>
      `<tr><td><code>${escape(field)}</code></td><td>${typeOf(of)}${required.includes(field) ? '' : ', optional'}</td><td>${prose(of.description ?? '')}</td></tr>`,
  )
  const type = schema.type === 'object' ? '' : ` <i>${typeOf(schema)}</i>`
  const table = rows.length === 0 ? '' : `<table>${rows.join('')}</table>`
  return `<article id="schema-${name}"><h3><code>${name}</code>${type}</h3><p>${prose(description)}</p>${table}</article>`
}

/** In a word, or a few; what has a name leads there. */
export const typeOf = (schema: Schema): string => {
  const { $ref, items, anyOf, oneOf, type } = schema
  if ($ref !== undefined) return `<a href="#schema-${nameIn({ $ref })}">${nameIn({ $ref })}</a>`
  if (schema.const !== undefined) return `<code>${escape(JSON.stringify(schema.const))}</code>`
  if (schema.enum !== undefined) return schema.enum.map((one) => `<code>${escape(String(one))}</code>`).join(' or ')
  const some = anyOf ?? oneOf
  if (some !== undefined) return some.map(typeOf).join(' or ')
  return items === undefined ? (type ?? 'anything') : `list of ${typeOf(items)}`
}
