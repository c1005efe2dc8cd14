/** The parameters of a route in the OpenAPI document: of its path and query, and the headers that it reads. */
import { z } from 'zod'
import { cursor, described } from '../../contract/fields.js'
import type { DocumentSchemas, Node } from '../http/documentSchemas.js'
import type { HeaderShape, RouteShape } from '../http/route.js'

export const parametersOf = (route: RouteShape, schemas: DocumentSchemas): readonly Node[] => [
  ...fieldsOf(route.params, schemas).map((field) => ({ ...field, in: 'path', required: true })),
  ...fieldsOf(route.query, schemas).map((field) => ({ ...field, in: 'query' })),
  ...(isRead(route) ? fieldsOf(waiting, schemas).map((field) => ({ ...field, in: 'query' })) : []),
  ...Object.entries(headersOf(route)).map(([name, header]) => headerOf(name, header, schemas)),
]

const isRead = ({ method, apart }: RouteShape): boolean => method === 'get' && apart !== true

/** What any read may ask for. */
const waiting = z.object({
  atLeast: cursor.optional().describe('A position: the read waits until it sees at least what that stands for'),
})

const headersOf = (route: RouteShape): { readonly [name: string]: HeaderShape } => ({
  ...(route.method === 'get' || route.method === 'head' ? {} : { 'Idempotency-Key': idempotencyKey }),
  ...route.headers,
})

const idempotencyKey: HeaderShape = {
  description:
    'Names the command for a day: the same key and body again get the first answer, and nothing happens twice',
  schema: described(z.string().min(1).max(128), 'Printable ASCII', 'b7c2a6f0-5c8e-4a57-9b39-6d1c3a1f0e42'),
}

const headerOf = (
  name: string,
  { description, required = false, schema }: HeaderShape,
  schemas: DocumentSchemas,
): Node => ({
  name,
  in: 'header',
  required,
  description,
  schema: schemas.of(schema, 'input'),
})

/** Each field of an object as a parameter, with its description where readers look for it. */
const fieldsOf = (schema: z.ZodType | undefined, schemas: DocumentSchemas): readonly Node[] => {
  if (!(schema instanceof z.ZodObject)) return []
  const shape: Readonly<Record<string, z.ZodType>> = schema.shape
  return Object.entries(shape).map(([name, field]) => {
    const node = schemas.of(field, 'input')
    return {
      name,
      required: !field.safeParse(undefined).success,
      description: node['description'] ?? schemas.named(node)['description'],
      schema: node,
    }
  })
}
