/**
 * Where servers listen that are composed whole. Their OpenAPI document is the same whatever their settings are, and making it
 * costs a good part of what a start does: one is asked for all (openapiCheck.ts).
 */
const origins = new Set<string>()

export const isWhole = (origin: string): boolean => origins.has(origin)

export const listensAt = (url: string): void => {
  origins.add(new URL(url).origin)
}

/** Somebody else may listen there next. */
export const hasLeft = (url: string): void => {
  origins.delete(new URL(url).origin)
}
