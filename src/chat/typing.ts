/** Who is writing: told by signals, believed for a few seconds, told in turn while this person writes. Pure. */
import type { GroupId, UserId } from '../client/index.js'

/** `until`, ms since 1970: whoever goes on says so again before that. */
export type Typist = { readonly group: GroupId; readonly user: UserId; readonly until: number }

/** A signal every so often while somebody writes: well below what the server takes. */
export const sayEveryMs = 3_000
export const believeMs = 6_000

export const typing = (typists: readonly Typist[], group: GroupId, user: UserId, now: number): readonly Typist[] => [
  ...stopped(typists, group, user).filter(({ until }) => until > now),
  { group, user, until: now + believeMs },
]

/** What was being written has come, or was given up. */
export const stopped = (typists: readonly Typist[], group: GroupId, user: UserId): readonly Typist[] =>
  typists.filter((one) => one.group !== group || one.user !== user)

/** `name`: as the members know somebody. Undefined while nobody writes. */
export const typingLine = (
  typists: readonly Typist[],
  { group, now, name }: { readonly group: GroupId; readonly now: number; readonly name: (user: UserId) => string },
): string | undefined => {
  const names = typists.filter((one) => one.group === group && one.until > now).map(({ user }) => name(user))
  if (names.length === 0) return undefined
  if (names.length > 3) return 'Several people are writing…'
  return names.length === 1
    ? `${names[0] ?? ''} is writing…`
    : `${names.slice(0, -1).join(', ')} and ${names.at(-1) ?? ''} are writing…`
}
