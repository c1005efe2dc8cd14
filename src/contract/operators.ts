/** What the operators' door says, to whoever asks it: the CLI reads it by the same schemas. */
import { z } from 'zod'
import { registrationMode, tokenName, whyMax } from '../events/operators.js'
import type { OperatorAct } from '../events/operators.js'
import { operatorRole } from '../events/operatorRole.js'
import { clientUri, described, groupUri, named, placed, timeOut, userUri } from './fields.js'
import { bundlePrint, keyFrom, keyPrint, keyUntil, rotatedKindField } from './keys.js'
import { limitValueField, maintenanceField } from './limits.js'
import { peerField, peerPolicyField, peerRootField, sendingField } from './peers.js'
import { changeField, projectionField } from './projections.js'
import { outcomeField, reportField } from './reports.js'

/** Where everything of operators is. */
export const operatorPath = '/v1/operator'
/** Where auditors look: behind the same door. */
export const auditPath = '/v1/audit'
/** What the door has behind it, and no other has. */
export const operatorPaths = [operatorPath, auditPath] as const

export const whyField = named(z.string().min(1).max(whyMax).regex(/\S/, 'says nothing'), {
  title: 'Why',
  description:
    'Why it is done, in the operator’s words: it stays on record, so it names no more of people than it must',
  example: 'planned stop, the clock is right',
})

/** As we write it: text that means the same bytes by other characters would take nothing down. */
export const takedownDigest = named(
  z.string().regex(/^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/, 'not the SHA-256 of bytes as unpadded base64url'),
  {
    title: 'TakedownDigest',
    description: 'The SHA-256 of stored bytes, as unpadded base64url whose last character has no bits to spare',
    example: '47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU',
  },
)

export const tokenNameField = named(tokenName, {
  title: 'OperatorTokenName',
  description: 'The name of an operator token, which the record of acts has: 1 to 32 of a-z, 0-9, ".", "_", "-"',
  example: 'backup-2027',
})
export const roleField = named(operatorRole, {
  title: 'OperatorRole',
  description:
    'What a token lets do, each what those before it may: audit (history), read (people and groups), operate (acts on them), admin (tokens, keys)',
  example: 'read',
})
const fingerprint = described(z.string(), 'The fingerprint of the token', 'n4bQgYhMfWWaL-qg')
const expires = timeOut.describe('When it ends, by the server’s clock, ms since 1970; never where there is none')

const hash = described(z.string(), 'The SHA-256 of the invitation', '47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU')

const kind = <Name extends OperatorAct['type']>(type: Name) => z.literal(type).describe('What was done')

/** Of this version’s, or of one before. */
const limitShownName = described(z.string(), 'The name of the limit or rate', 'groupMembersMax')

/** Each act as the documents have it. */
const whatShown: z.ZodType<OperatorAct> = z
  .discriminatedUnion('type', [
    z
      .object({ type: kind('takeDown'), digest: takedownDigest })
      .meta({ title: 'ActTakeDown', description: 'No upload or download of these bytes any more' }),
    z
      .object({ type: kind('liftTakedown'), digest: takedownDigest })
      .meta({ title: 'ActLiftTakedown', description: 'These bytes may be uploaded and downloaded again' }),
    z.object({ type: kind('acceptClock') }).meta({ title: 'ActAcceptClock', description: 'The clock is right' }),
    z
      .object({
        type: kind('issueToken'),
        token: fingerprint,
        name: tokenNameField,
        role: roleField,
        expires: expires.optional(),
      })
      .meta({ title: 'ActIssueToken', description: 'Another operator token' }),
    z
      .object({ type: kind('revokeToken'), token: fingerprint, name: tokenNameField })
      .meta({ title: 'ActRevokeToken', description: 'An operator token holds no more' }),
    z
      .object({
        type: kind('changeRegistration'),
        registration: described(registrationMode, 'Who may register', 'invitation'),
      })
      .meta({ title: 'ActChangeRegistration', description: 'Others may register than before' }),
    z
      .object({
        type: kind('makeInvitation'),
        invitation: hash,
        expires,
        handleHash: described(
          z.string(),
          'The keyed hash of the handle that it keeps',
          'n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg',
        ).optional(),
      })
      .meta({ title: 'ActMakeInvitation', description: 'Somebody is invited' }),
    z
      .object({ type: kind('revokeInvitation'), invitation: hash })
      .meta({ title: 'ActRevokeInvitation', description: 'An invitation lets nobody in any more' }),
    z
      .object({ type: kind('changePeerPolicy'), peer: peerField, policy: peerPolicyField })
      .meta({ title: 'ActChangePeerPolicy', description: 'Another server is spoken to, or not' }),
    z
      .object({ type: kind('pinPeerRoot'), peer: peerField, root: peerRootField })
      .meta({ title: 'ActPinPeerRoot', description: 'Another root of another server is believed' }),
    z
      .object({ type: kind('changePeerSending'), peer: peerField, sending: sendingField })
      .meta({ title: 'ActChangePeerSending', description: 'Another server is sent nothing for now, or again' }),
    z
      .object({ type: kind('resetPeer'), peer: peerField })
      .meta({ title: 'ActResetPeer', description: 'What was given up of another server for now is tried again' }),
    z
      .object({ type: kind('dropPeerBacklog'), peer: peerField })
      .meta({ title: 'ActDropPeerBacklog', description: 'The messages that another server has not got are given up' }),
    z
      .object({ type: kind('lookAtUser'), user: userUri })
      .meta({ title: 'ActLookAtUser', description: 'What the server has of this user was shown' }),
    z
      .object({ type: kind('disableUser'), user: userUri })
      .meta({ title: 'ActDisableUser', description: 'This user is not let in until it is enabled' }),
    z
      .object({ type: kind('enableUser'), user: userUri })
      .meta({ title: 'ActEnableUser', description: 'This user is let in again' }),
    z
      .object({ type: kind('withdrawHandle'), user: userUri })
      .meta({ title: 'ActWithdrawHandle', description: 'This user has no handle any more' }),
    z
      .object({ type: kind('removeUser'), user: userUri })
      .meta({ title: 'ActRemoveUser', description: 'This user is deleted' }),
    z
      .object({ type: kind('removeClient'), user: userUri, client: clientUri })
      .meta({ title: 'ActRemoveClient', description: 'This client of the user is removed' }),
    z
      .object({ type: kind('deleteGroup'), group: groupUri })
      .meta({ title: 'ActDeleteGroup', description: 'This group is deleted' }),
    z
      .object({ type: kind('resetGroup'), group: groupUri })
      .meta({ title: 'ActResetGroup', description: 'This group is given up' }),
    z
      .object({ type: kind('lookAtReport'), report: reportField })
      .meta({ title: 'ActLookAtReport', description: 'What was reported was shown' }),
    z
      .object({ type: kind('closeReport'), report: reportField, outcome: outcomeField })
      .meta({ title: 'ActCloseReport', description: 'Nothing more is done about a report' }),
    z
      .object({ type: kind('changeReadModel'), projection: projectionField, change: changeField })
      .meta({ title: 'ActChangeReadModel', description: 'Other builds of a read model are made or served' }),
    z
      .object({
        type: kind('skipParked'),
        projection: projectionField,
        stream: described(z.string(), 'The stream of the event', 'user-AAAAAAAAAAAAAAAAAAAAAA'),
        revision: described(z.number().int(), 'Its place there', 3),
      })
      .meta({ title: 'ActSkipParked', description: 'An event that a read model could not take counts no longer' }),
    z
      .object({
        type: kind('rotateKey'),
        kind: rotatedKindField,
        key: keyPrint,
        bundle: bundlePrint,
        from: keyFrom,
        until: keyUntil.optional(),
      })
      .meta({ title: 'ActRotateKey', description: 'Another of the server’s keys is used' }),
    z
      .object({ type: kind('setLimit'), name: limitShownName, value: limitValueField })
      .meta({ title: 'ActSetLimit', description: 'There may be more or less of something' }),
    z
      .object({ type: kind('resetLimit'), name: limitShownName })
      .meta({ title: 'ActResetLimit', description: 'There may be as much of something as the settings say' }),
    z
      .object({ type: kind('changeMaintenance'), on: maintenanceField })
      .meta({ title: 'ActChangeMaintenance', description: 'Clients and peers only read, or write again' }),
  ])
  .meta({ title: 'OperatorAct', description: 'What was done, and to what' })

const actShown = z
  .object({
    number: described(z.number().int(), 'Counts acts from 1', 17),
    at: timeOut.describe('When it was recorded, by the server’s clock, ms since 1970'),
    by: z
      .object({
        token: fingerprint,
        name: tokenNameField.optional().describe('The name of the token, where it had one'),
      })
      .meta({ title: 'OperatorName', description: 'Who did it' }),
    what: whatShown,
    why: whyField,
  })
  .meta({ title: 'OperatorActed', description: 'What an operator did' })
export type ActShown = z.infer<typeof actShown>

/** The next page of a list that is newest first. */
export const pageField = described(
  z.string().max(100),
  'Where a page goes on: `next` of the one before',
  '17.k3JxTqWv.2s',
)

export const actsAnswer = z.object({
  acts: z.array(actShown).describe('The newest first'),
  next: pageField.optional().describe('The `before` of the next page, where there is one'),
})

const takedownShown = z
  .object({
    digest: takedownDigest,
    act: described(z.number().int(), 'The number of the act', 17),
    since: timeOut.describe('When it was taken down, by the server’s clock, ms since 1970'),
    why: whyField,
  })
  .meta({ title: 'Takedown', description: 'Bytes that nobody can upload or download' })
export type TakedownShown = z.infer<typeof takedownShown>

export const takedownsAnswer = z.object({
  takedowns: z.array(takedownShown).describe('The newest first'),
  next: pageField.optional().describe('The `before` of the next page, where there is one'),
})

export const statusAnswer = z.object({
  version: described(z.string(), 'The version of the program', '1.2.3'),
  domain: described(z.string(), 'The name in every id of this server', 'localhost'),
  logId: described(z.string(), 'The name of its log, which cursors begin with', 'k3JxTqWv'),
  ready: z.boolean().describe('Whether this process serves, as /readyz says'),
  reasons: z.array(described(z.string(), 'A reason', 'the log is away')).describe('Why it does not'),
  notes: z
    .array(described(z.string(), 'A note', 'nothing expires: the clock leapt'))
    .describe('What an operator should look at'),
  projections: z
    .array(
      z
        .object({
          name: described(z.string(), 'Its name', 'queues'),
          lagMs: described(z.number(), 'How old the event is that waits for it, ms; 0: none does', 0),
          parked: described(z.number().int(), 'Events that it could not read, and left aside', 0),
        })
        .meta({ title: 'ProjectionStatus', description: 'How far a read model is' }),
    )
    .describe('The read models'),
})
export type StatusShown = z.infer<typeof statusAnswer>

/** When a token or an invitation is to end. */
export const expiresField = named(z.number().int().min(0).max(8_640_000_000_000_000), {
  title: 'Expiry',
  description: 'When it ends, by the server’s clock, ms since 1970',
  example: 4_102_444_800_000,
})

const tokenShown = {
  name: tokenNameField,
  role: roleField,
  fingerprint,
  expires: expires.optional(),
}

export const tokensAnswer = z.object({
  tokens: z
    .array(
      z
        .object({ ...tokenShown, issued: timeOut.describe('When it was made, by the server’s clock, ms since 1970') })
        .meta({ title: 'OperatorToken', description: 'An operator token, by all that is kept of it' }),
    )
    .describe('In the order in which they were made'),
})
export type TokensShown = z.infer<typeof tokensAnswer>

export const tokenAnswer = z
  .object({
    ...tokenShown,
    token: described(
      z.string().optional(),
      'The token, shown this once: who asks for the same again is not told it',
      'hs_op_l5mhwAhZ4KfsDVEXXD6rLqkb1vgJaXUR',
    ),
    ...placed,
  })
  .meta({ title: 'OperatorTokenMade', description: 'A new operator token' })
