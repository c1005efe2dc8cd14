/** The log of the conversation: who said what, who saw it, and whether anybody saw less, more or another order. */

export type Transcript = {
  readonly scene: (title: string) => void
  readonly note: (text: string) => void
  /** `text` was sent; these should see it. */
  readonly said: (by: string, text: string, readers: readonly string[]) => void
  readonly saw: (reader: string, by: string, text: string) => void
  /** Resolves when everything said to these was seen by them. */
  readonly seenBy: (readers: readonly string[], timeoutMs?: number) => Promise<void>
  /** What is wrong, one line each. */
  readonly faults: () => readonly string[]
  readonly counts: () => { readonly said: number; readonly seen: number }
}

const defaultTimeoutMs = 30_000
const columns = 16

export const newTranscript = (print: (line: string) => void): Transcript => {
  const expected = new Map<string, string[]>()
  const seen = new Map<string, string[]>()
  const watchers = new Set<() => void>()
  let said = 0

  const lineOf = (by: string, text: string): string => `${by}: ${text}`
  const listOf = (lists: Map<string, string[]>, reader: string): string[] => {
    const list = lists.get(reader) ?? []
    lists.set(reader, list)
    return list
  }
  const lacks = (reader: string): boolean => listOf(seen, reader).length < listOf(expected, reader).length

  return {
    scene: (title) => {
      print(`\n== ${title}`)
    },
    note: (text) => {
      print(`   · ${text}`)
    },
    said: (by, text, readers) => {
      said++
      for (const reader of readers) listOf(expected, reader).push(lineOf(by, text))
      print(`${by.padStart(columns)} │ ${text}`)
    },
    saw: (reader, by, text) => {
      listOf(seen, reader).push(lineOf(by, text))
      print(`${''.padStart(columns)} │   ✓ ${reader} reads “${text}”`)
      for (const watch of watchers) watch()
    },
    seenBy: (readers, timeoutMs = defaultTimeoutMs) =>
      new Promise((resolve, reject) => {
        const watch = (): void => {
          if (readers.some(lacks)) return
          clearTimeout(timer)
          watchers.delete(watch)
          resolve()
        }
        const timer = setTimeout(() => {
          watchers.delete(watch)
          reject(new Error(`still waiting after ${timeoutMs / 1000} s: ${readers.filter(lacks).join(', ')}`))
        }, timeoutMs)
        watchers.add(watch)
        watch()
      }),
    faults: () =>
      [...new Set([...expected.keys(), ...seen.keys()])].flatMap((reader) =>
        faultsOf(reader, listOf(expected, reader), listOf(seen, reader)),
      ),
    counts: () => ({ said, seen: [...seen.values()].reduce((sum, list) => sum + list.length, 0) }),
  }
}

const faultsOf = (reader: string, expected: readonly string[], seen: readonly string[]): string[] => {
  const missing = expected.filter((line) => !seen.includes(line))
  const repeated = seen.filter((line, at) => seen.indexOf(line) !== at)
  const unexpected = seen.filter((line) => !expected.includes(line))
  const faults = [
    ...missing.map((line) => `${reader} never saw “${line}”`),
    ...repeated.map((line) => `${reader} saw “${line}” again`),
    ...unexpected.map((line) => `${reader} should not have seen “${line}”`),
  ]
  if (faults.length > 0) return faults
  return expected.every((line, at) => seen[at] === line) ? [] : [`${reader} saw messages out of order`]
}
