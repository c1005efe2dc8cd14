/** The named schemas on the page of the documentation: their fields, each with what it is. */
import { escapeHtml } from '../escapeHtml.js'
import { prose } from './text.js'

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
  const fields = Object.entries(properties).map(([field, of]) =>
    fieldOf({ name: field, type: typeOf(of), required: required.includes(field), description: of.description ?? '' }),
  )
  const type = schema.type === 'object' ? '' : ` <span class="type">${typeOf(schema)}</span>`
  return `<article id="schema-${name}" class="schema"><h3><code>${name}</code>${type}</h3><p>${prose(description)}</p>${fieldsOf(fields)}</article>`
}

export type Field = {
  readonly name: string
  /** HTML. */
  readonly type: string
  readonly required: boolean
  readonly description: string
}

export const fieldOf = ({ name, type, required, description }: Field): string =>
  `<dt><code>${escapeHtml(name)}</code> <span class="type">${type}${required ? '' : ', optional'}</span></dt><dd>${prose(description)}</dd>`

export const fieldsOf = (fields: readonly string[]): string =>
  fields.length === 0 ? '' : `<dl>${fields.join('')}</dl>`

/** In a word, or a few; what has a name leads there. */
export const typeOf = (schema: Schema): string => {
  const { $ref, items, anyOf, oneOf, type } = schema
  if ($ref !== undefined) return `<a href="#schema-${nameIn({ $ref })}">${nameIn({ $ref })}</a>`
  if (schema.const !== undefined) return `<code>${escapeHtml(JSON.stringify(schema.const))}</code>`
  if (schema.enum !== undefined) return schema.enum.map((one) => `<code>${escapeHtml(String(one))}</code>`).join(' or ')
  const some = anyOf ?? oneOf
  if (some !== undefined) return some.map(typeOf).join(' or ')
  return items === undefined ? (type ?? 'anything') : `list of ${typeOf(items)}`
}
