/** Each kind of notice, made of the event that brings it: one that the schema knows and nothing here makes does not compile. */
import type { AnyEvent } from '../events/anyEvent.js'
import type { Notice, NoticeKind } from './queueItem.js'

type Data<Type extends AnyEvent['type']> = Extract<AnyEvent, { type: Type }>['data']

type Rejecting = Pick<Data<'ConnectionRejected'>, 'request' | 'user'>

const type = 'notice'

export const notices = {
  roleChanged: ({ group, user, role }: Data<'RoleChanged'>, at: number): Notice<'roleChanged'> => {
    return { type, group, kind: 'roleChanged', user, role, at }
  },
  settingsChanged: ({ group, settings }: Data<'SettingsChanged'>, at: number): Notice<'settingsChanged'> => {
    return { type, group, kind: 'settingsChanged', settings, at }
  },
  profileChanged: ({ group, version }: Data<'ProfileChanged'>, at: number): Notice<'profileChanged'> => {
    return { type, group, kind: 'profileChanged', version, at }
  },
  removalRequired: ({ group, leaves, reason }: Data<'RemovalRequired'>, at: number): Notice<'removalRequired'> => {
    const shown = leaves.map(({ leafIndex, user, client }) => ({ leafIndex, user, client }))
    return { type, group, kind: 'removalRequired', leaves: shown, reason, at }
  },
  faultReported: ({ group, epoch, by, detail }: Data<'FaultReported'>, at: number): Notice<'faultReported'> => {
    return { type, group, kind: 'faultReported', epoch, client: by.client, detail, at }
  },
  groupReset: ({ group, successor }: Data<'GroupReset'>, at: number): Notice<'groupReset'> => {
    return { type, group, kind: 'groupReset', ...(successor === undefined ? {} : { successor }), at }
  },
  groupDeleted: ({ group }: Data<'GroupDeleted'>, at: number): Notice<'groupDeleted'> => {
    return { type, group, kind: 'groupDeleted', at }
  },
  clientAdded: ({ client, approvedBy }: Data<'ClientAdded'>, at: number): Notice<'clientAdded'> => {
    return { type, kind: 'clientAdded', client, approvedBy, at }
  },
  clientRemoved: ({ client }: Data<'ClientRemoved'>, at: number): Notice<'clientRemoved'> => {
    return { type, kind: 'clientRemoved', client, at }
  },
  historyOffered: ({ by, offer }: Data<'HistoryOffered'>, at: number): Notice<'historyOffered'> => {
    return { type, kind: 'historyOffered', by, offer, at }
  },
  recoveryKeySet: ({ by }: Data<'RecoveryKeySet'>, at: number): Notice<'recoveryKeySet'> => {
    return { type, kind: 'recoveryKeySet', by, at }
  },
  recoveryKeyUsed: ({ client }: Data<'RecoveryKeyUsed'>, at: number): Notice<'recoveryKeyUsed'> => {
    return { type, kind: 'recoveryKeyUsed', client, at }
  },
  userProfileChanged: ({ version }: Data<'UserProfileChanged'>, at: number): Notice<'userProfileChanged'> => {
    return { type, kind: 'userProfileChanged', version, at }
  },
  lastResortUsed: ({ suite }: Data<'KeyPackageClaimed'>, at: number): Notice<'lastResortUsed'> => {
    return { type, kind: 'lastResortUsed', cipherSuite: suite, at }
  },
  keyPackagesLow: ({ suite, remaining }: Data<'KeyPackageClaimed'>, at: number): Notice<'keyPackagesLow'> => {
    return { type, kind: 'keyPackagesLow', cipherSuite: suite, remaining, at }
  },
  connectionRequest: (asked: Data<'ConnectionRequested'>, at: number): Notice<'connectionRequest'> => {
    const { request, from, ciphertext } = asked
    return { type, kind: 'connectionRequest', request, from, ciphertext, at }
  },
  /** `from`: who answers. */
  connectionAccepted: (answer: Data<'ConnectionAccepted'>, at: number): Notice<'connectionAccepted'> => {
    const { request, user: from, ciphertext } = answer
    const words = ciphertext === undefined ? {} : { ciphertext }
    return { type, kind: 'connectionAccepted', request, from, ...words, at }
  },
  connectionRejected: ({ request, user }: Rejecting, at: number): Notice<'connectionRejected'> => {
    return { type, kind: 'connectionRejected', request, from: user, at }
  },
} satisfies { readonly [Kind in NoticeKind]: (fact: never, at: number) => Notice<Kind> }
