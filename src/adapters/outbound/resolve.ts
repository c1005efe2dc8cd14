/** The addresses of a name: of DNS alone, or of all that the system knows. */
import { lookup, Resolver } from 'node:dns/promises'

/** Throws what DNS says; an empty list is as good as an error. */
export type Resolve = (host: string) => Promise<readonly string[]>

/** Of those whom an operator names: /etc/hosts too. It holds a thread that files are read by, so it is for nobody else. */
export const resolveBySystem: Resolve = async (host) => {
  const found = await lookup(host, { all: true, order: 'verbatim' })
  return found.map(({ address }) => address)
}

/** Of everybody else, by c-ares: without a thread, and never for long. IPv4 first, which more machines can reach. */
export const resolveByDns = (): Resolve => {
  const resolver = new Resolver({ timeout: 2_000, tries: 2 })
  return async (host) => {
    const answers = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)])
    const found = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []))
    const failed = answers.find((answer) => answer.status === 'rejected')
    if (found.length === 0 && failed !== undefined) throw failed.reason
    return found
  }
}
