/** What operators are told, a line each: nothing that somebody else wrote moves the terminal. */
import type { InvitationShown } from '../../contract/invitations.js'
import type { LimitInForce, MaintenanceShown } from '../../contract/limits.js'
import type { UserShown, UsersShown } from '../../contract/people.js'
import type { GroupShown } from '../../contract/groupsShown.js'
import type { ActShown, StatusShown, TakedownShown, TokensShown } from '../../contract/operators.js'
import { quoted, when } from '../printable.js'

/** `3 2026-11-30T08:00:00.000Z n4bQgYhMfWWaL-qg takeDown 47DE… "why"`. */
export const lineOfAct = (act: ActShown): string => lineBy(act, act.by.token)

/** The same by the name that the token had, where it had one. */
export const lineOfLog = (act: ActShown): string => lineBy(act, act.by.name ?? act.by.token)

const lineBy = ({ number, at, what, why }: ActShown, who: string): string =>
  [number, when(at), who, what.type, ...objectOf(what), quoted(why)].join(' ')

/** What it was done to. */
const objectOf = (what: ActShown['what']): readonly string[] => {
  switch (what.type) {
    case 'takeDown':
    case 'liftTakedown':
      return [what.digest]
    case 'issueToken':
      return [what.name, what.role]
    case 'revokeToken':
      return [what.name]
    case 'changeRegistration':
      return [what.registration]
    case 'makeInvitation':
    case 'revokeInvitation':
      return [what.invitation]
    case 'changePeerPolicy':
      return [what.peer, what.policy]
    case 'changePeerSending':
      return [what.peer, what.sending ? 'resumed' : 'paused']
    case 'pinPeerRoot':
    case 'resetPeer':
    case 'dropPeerBacklog':
      return [what.peer]
    case 'changeReadModel':
      return [what.projection, what.change]
    case 'rotateKey':
      return [what.kind, what.key]
    case 'skipParked':
      return [what.projection, `${what.stream}@${what.revision}`]
    case 'lookAtUser':
    case 'disableUser':
    case 'enableUser':
    case 'withdrawHandle':
    case 'removeUser':
      return [what.user]
    case 'removeClient':
      return [what.user, what.client]
    case 'deleteGroup':
    case 'resetGroup':
      return [what.group]
    case 'lookAtReport':
      return [what.report]
    case 'closeReport':
      return [what.report, what.outcome]
    case 'setLimit':
      return [what.name, valueOf(what.value)]
    case 'resetLimit':
      return [what.name]
    case 'changeMaintenance':
      return [what.on ? 'on' : 'off']
    case 'acceptClock':
      return []
  }
}

const valueOf = (value: LimitInForce['value']): string =>
  typeof value === 'object' ? `${value.burst},${value.everyMs}` : String(value)

/** `groupMembersMax 500 operator (setting 1000, 2 to 5000)`; a rate is `BURST,EVERY_MS`. */
export const lineOfLimit = ({ name, value, source, setting, range }: LimitInForce): string =>
  `${name} ${valueOf(value)} ${source} (setting ${valueOf(setting)}, ${rangeOf(range)})`

const rangeOf = (range: LimitInForce['range']): string => {
  if (range === 'fixed') return 'fixed'
  if ('min' in range) return `${range.min} to ${range.max}`
  const { burst, everyMs } = range
  return `${burst.min},${everyMs.min} to ${burst.max},${everyMs.max}`
}

export const lineOfMaintenance = ({ maintenance, since }: MaintenanceShown): string =>
  `maintenance ${maintenance ? 'on' : 'off'}${since === undefined ? '' : ` since ${when(since)}`}`

export const lineOfInvitation = ({ hash, status, made, expires, by, why }: InvitationShown): string =>
  [hash, status, when(made), `until ${when(expires)}`, by, quoted(why)].join(' ')

export const lineOfUser = ({ user, handle, discovery, claims, disabled }: UsersShown['users'][number]): string =>
  [user, handle ?? '-', discovery, claims, ...(disabled ? ['disabled'] : [])].join(' ')

export const linesOfUser = (shown: UserShown): readonly string[] => [
  lineOfUser(shown),
  ...shown.clients.map(
    ({ client, waiting, oldest }) =>
      `client ${client} waiting ${waiting}${oldest === undefined ? '' : ` since ${when(oldest)}`}`,
  ),
  ...shown.groups.map((group) => `group ${group}`),
  ...(shown.moreGroups ? ['more groups'] : []),
]

export const lineOfGroup = (shown: GroupShown): string => {
  const { group, status, epoch, users, clients, admins, pendingRemovals, faults, lastActivity } = shown
  const sizes = `epoch ${epoch ?? '-'} users ${users ?? 0} clients ${clients ?? 0} admins ${admins ?? 0} removals ${pendingRemovals ?? 0}`
  return [
    group,
    status,
    ...(status === 'active' ? [sizes] : []),
    ...(faults === undefined ? [] : [`faults ${faults.count} last ${when(faults.last)}`]),
    lastActivity === undefined ? '-' : when(lastActivity),
  ].join(' ')
}

export const lineOfToken = ({ name, role, fingerprint, issued, expires }: TokensShown['tokens'][number]): string =>
  [name, role, fingerprint, when(issued), expires === undefined ? 'for ever' : `until ${when(expires)}`].join(' ')

export const lineOfTakedown = ({ digest, act, since, why }: TakedownShown): string =>
  [digest, when(since), `act ${act}`, quoted(why)].join(' ')

type Readiness = Pick<StatusShown, 'ready' | 'reasons' | 'notes'>

/** `good` and `wrong` as `doctor` says them. `what`: who it is that is ready. */
const linesOfReadiness = (what: string, { ready, reasons, notes }: Readiness): readonly string[] => [
  `${ready ? 'good  ready' : 'wrong not ready'}: ${what}`,
  ...reasons.map((reason) => `wrong ${reason}`),
  ...notes.map((note) => `note  ${note}`),
]

export const linesOfStatus = (status: StatusShown): readonly string[] => [
  ...linesOfReadiness(`mls-homeserver ${status.version} of ${status.domain}`, status),
  ...status.projections.map(
    ({ name, lagMs, parked }) =>
      `${parked > 0 ? 'wrong' : 'good '} read model ${name}: ${lagMs} ms behind, ${parked} parked`,
  ),
]
