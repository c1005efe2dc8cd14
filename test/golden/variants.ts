/** The forms that a schema lets data take: each option of an enumeration or union, each optional field there and not there. */
import { z } from 'zod'

const at = (path: string, field: string): string => (path === '' ? field : `${path}.${field}`)

/** One line a form: `reason=expired`, `by=there`, `by=absent`. */
export const variantsOf = (schema: unknown, path = ''): readonly string[] => {
  if (schema instanceof z.ZodOptional) {
    return [`${path}=there`, `${path}=absent`, ...variantsOf(schema.unwrap(), path)]
  }
  if (schema instanceof z.ZodEnum) return schema.options.map((option) => `${path}=${option}`)
  if (schema instanceof z.ZodLiteral) return schema.def.values.map((value) => `${path}=${String(value)}`)
  if (schema instanceof z.ZodUnion) return schema.options.flatMap((option) => variantsOf(option, path))
  if (schema instanceof z.ZodArray) return variantsOf(schema.element, at(path, '*'))
  if (schema instanceof z.ZodRecord) return variantsOf(schema.valueType, at(path, '*'))
  if (!(schema instanceof z.ZodObject)) return []
  return Object.entries(schema.shape).flatMap(([field, inner]) => variantsOf(inner, at(path, field)))
}

/** The forms that this data has. */
export const variantsIn = (schema: unknown, data: unknown, path = ''): readonly string[] => {
  if (schema instanceof z.ZodOptional) {
    return data === undefined ? [`${path}=absent`] : [`${path}=there`, ...variantsIn(schema.unwrap(), data, path)]
  }
  if (schema instanceof z.ZodEnum || schema instanceof z.ZodLiteral) return [`${path}=${String(data)}`]
  if (schema instanceof z.ZodUnion) {
    const option = schema.options.find((one) => (one as z.ZodType).safeParse(data).success)
    return variantsIn(option, data, path)
  }
  if (schema instanceof z.ZodArray) return (data as unknown[]).flatMap((one) => variantsIn(schema.element, one, at(path, '*')))
  if (schema instanceof z.ZodRecord) {
    return Object.values(data as object).flatMap((one) => variantsIn(schema.valueType, one, at(path, '*')))
  }
  if (!(schema instanceof z.ZodObject)) return []
  const fields = data as Readonly<Record<string, unknown>>
  return Object.entries(schema.shape).flatMap(([field, inner]) => variantsIn(inner, fields[field], at(path, field)))
}

/** The paths at which a schema holds one of its parts. */
export const pathsOf = (part: unknown, schema: unknown, path: readonly string[] = []): readonly (readonly string[])[] => {
  if (schema === part) return [path]
  if (schema instanceof z.ZodOptional) return pathsOf(part, schema.unwrap(), path)
  if (schema instanceof z.ZodUnion) return schema.options.flatMap((option) => pathsOf(part, option, path))
  if (schema instanceof z.ZodArray) return pathsOf(part, schema.element, [...path, '*'])
  if (schema instanceof z.ZodRecord) return pathsOf(part, schema.valueType, [...path, '*'])
  if (!(schema instanceof z.ZodObject)) return []
  return Object.entries(schema.shape).flatMap(([field, inner]) => pathsOf(part, inner, [...path, field]))
}
