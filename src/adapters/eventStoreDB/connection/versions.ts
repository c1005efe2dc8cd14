/** Which versions of the server all this was tried with, for whoever runs another one. */

const tried = ['23.10.6', '24.10.2', '25.0.0'] as const

/** The first major version under the new name. */
const kurrentMajor = 25

export const nameOf = (version: string): string =>
  `${Number(version.split('.')[0]) >= kurrentMajor ? 'KurrentDB' : 'EventStoreDB'} ${version}`

/** For people, of a server's version: whether its line was tried, and which were. */
export const experienceWith = (version: string): string => {
  const lineOf = (one: string): string => one.split('.').slice(0, 2).join('.')
  const known = tried.some((one) => lineOf(one) === lineOf(version))
  const were = tried.map(nameOf).join(', ')
  return known
    ? `tried with ${were}`
    : `not tried with ${lineOf(version)}, but with ${were}: try yours before you trust it`
}
