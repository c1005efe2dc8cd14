/** What went wrong, as a person reads it. */
import { isRefusal } from '../client/index.js'

export const wordsOf = (error: unknown): string => {
  if (isRefusal(error, 'peer-unreachable'))
    return `${error.problem.domains.join(', ')} cannot be reached now. Try again in a while.`
  if (isRefusal(error, 'peer-not-federating'))
    return `${error.problem.domain} takes no part in this: nobody there can be talked to from here.`
  if (isRefusal(error, 'not-allowed') && error.problem.capability === 'federate')
    return 'The one server does not speak to the other: ask who runs yours.'
  return error instanceof Error ? error.message : String(error)
}

/** `handle` was looked up, and nobody was found: not there and hidden look alike. */
export const nobodyIs = (handle: string): string => {
  const [name, domain] = handle.split('@')
  return domain === undefined ? `Nobody here is called “${handle}”.` : `Nobody at ${domain} is called “${name ?? ''}”.`
}
