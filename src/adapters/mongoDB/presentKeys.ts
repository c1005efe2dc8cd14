/** Which keys were lately read and found: a bounded hint that such a row is better replaced than inserted. */

export type PresentKeys = {
  readonly add: (table: string, key: string) => void
  readonly has: (table: string, key: string) => boolean
  readonly clear: () => void
}

/** Keys remembered at once; beyond that the hint starts anew. */
const keysMax = 20_000

export const presentKeys = (): PresentKeys => {
  const keys = new Set<string>()
  const nameOf = (table: string, key: string): string => `${table}/${key}`
  return {
    add: (table, key) => {
      if (keys.size >= keysMax) keys.clear()
      keys.add(nameOf(table, key))
    },
    has: (table, key) => keys.has(nameOf(table, key)),
    clear: () => {
      keys.clear()
    },
  }
}
