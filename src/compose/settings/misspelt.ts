/** Finds the setting that somebody meant: names that differ in case, in their strokes, or by a slip of the hand. */
import { distance } from 'fastest-levenshtein'

/** The one of `names` that `given` is nearly, but not; undefined for a name that is one, or is nothing like them. */
export const misspelt = <Name extends string>(given: string, names: readonly Name[]): Name | undefined => {
  if (names.some((name) => name === given)) return undefined
  const letters = bare(given)
  return names.find((name) => {
    const wanted = bare(name)
    return distance(letters, wanted) <= slipsMax(wanted.length) || sorted(letters) === sorted(wanted)
  })
}

const bare = (name: string): string => name.toUpperCase().replaceAll(/[-_.]/g, '').replace(/URI$/, 'URL')
const sorted = (letters: string): string => Array.from(letters).sort().join('')

/** Short names are soon like a word that has nothing to do with us, and MONGODB_PORT (Kubernetes sets it) like MONGODB_URL. */
const slipsMax = (letters: number): number => (letters < 6 ? 0 : letters < 9 ? 1 : letters < 14 ? 2 : 3)
