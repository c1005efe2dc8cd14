/** The tables of the groups: who is at which leaf, which revision began an epoch, and what is due by the clock. */
import type { Row, Schema } from '../../ports/readModels.js'

export const groupsSchema: Schema = {
  name: 'groups',
  version: 3,
  tables: {
    /** Group ids held and not used yet. */
    reservations: { key: ['group'], indexes: { byClient: ['client', 'until'] } },
    /** Groups that take messages. */
    groups: { key: ['group'], indexes: {} },
    /** One row per leaf; `queue` is the opened reference, `notAfter` is absent once its removal is required. */
    leaves: {
      key: ['group', 'leafIndex'],
      indexes: { byClient: ['client'], byUser: ['user'], byQueue: ['queue'], byExpiry: ['notAfter'] },
    },
    /** Leaves of ours that another server's group is to let go of, until it has: what its hub is asked for. */
    departures: { key: ['group', 'leafIndex'], indexes: {} },
    /** In how many groups a client has a leaf. */
    clients: { key: ['client'], indexes: {} },
    /** The revision of `group-<id>` that began an epoch. */
    epochs: { key: ['group', 'epoch'], indexes: {} },
    /** The blobs that groups name: `holder` says what for; those of Welcomes until nobody can fetch them any more. */
    blobs: { key: ['holder'], indexes: { byDigest: ['digest'], byEnd: ['until'] } },
    /** Runs of application messages by when they came, narrow next to the group's retention: what the expiry sweep reads. */
    spans: { key: ['group', 'startedAt'], indexes: { byExpiry: ['expiresAt'] } },
    /** Reports of messages; `digest` of the evidence and `closedAt` until that is let go. */
    reports: {
      key: ['report'],
      indexes: {
        byStatus: ['status', 'position'],
        byReporter: ['reporter', 'position'],
        byEvidence: ['digest'],
        byEnd: ['closedAt'],
      },
    },
    /** How many of those there are, open and closed. */
    reportCounts: { key: ['status'], indexes: {} },
    /** Groups that take something, and of which a member reported a fault. */
    faults: { key: ['group'], indexes: {} },
  },
}

export const number = (row: Row, field: string): number => {
  const value = row[field]
  if (typeof value !== 'number') throw new Error(`a row of the groups without a number in ${field}`)
  return value
}
export const text = (row: Row, field: string): string => {
  const value = row[field]
  if (typeof value !== 'string') throw new Error(`a row of the groups without text in ${field}`)
  return value
}
