/** What is said of other servers to operators. */
import { z } from 'zod'
import { domainName } from '../events/form/fields.js'
import { peerPolicy } from '../events/peer.js'
import { described, groupUri, named, timeOut } from './fields.js'

export const peerField = named(domainName, {
  title: 'PeerDomain',
  description: 'Another server, by its domain: a lower-case DNS name, optionally with a port',
  example: 'b.example',
})
export const peerPolicyField = named(peerPolicy, {
  title: 'PeerPolicy',
  description: 'Whether it is spoken to: allowed, blocked, or byDefault, which is what the setting FEDERATION says',
  example: 'blocked',
})
export const peerRootField = described(
  z.string().regex(/^[A-Za-z0-9_-]{1,8192}$/),
  'The root of its Authentication Service: a certificate in DER, base64url',
  'MIIBPjCB8aADAgECAgxX',
)
export const sendingField = described(z.boolean(), 'Whether it is sent what it has not got', false)

const peerState = z.enum(['ok', 'backingOff', 'parked', 'paused', 'blocked', 'notAllowed'])
export type PeerState = z.infer<typeof peerState>

const fingerprint = (description: string) =>
  described(z.string(), description, '47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU')
const whole = (description: string, example: number) => described(z.number().int(), description, example)

const listed = {
  domain: peerField,
  policy: peerPolicyField,
  state: described(
    peerState,
    'What becomes of what it is sent: ok; backingOff, tried ever later because it does not answer; parked, away for a week, until it shows itself or is reset; paused, by an operator; blocked, by an operator; notAllowed, by the setting FEDERATION',
    'backingOff',
  ),
  since: timeOut.optional().describe('Since when it is backing off or parked, ms since 1970'),
  stranger: z
    .object({
      since: timeOut.describe('When it was first seen, ms since 1970'),
      until: timeOut.describe('When it has the ordinary budgets, if no signature in its name is refused until then'),
    })
    .meta({
      title: 'PeerProbation',
      description: 'It is new, and has the small budgets that all have that look like it',
    })
    .optional(),
  backlog: z
    .object({
      items: whole('Items that it has not confirmed', 3),
      messages: whole('Application messages among them: only those fall out', 2),
      bytes: whole('About what all items take', 4_096),
      groups: whole('Of so many groups', 1),
      oldest: timeOut.optional().describe('When the oldest of them came, ms since 1970'),
    })
    .meta({ title: 'PeerBacklog', description: 'What it has not got yet' }),
  lastSuccess: timeOut.optional().describe('When it last answered or confirmed something, ms since 1970'),
  lastError: z
    .object({
      at: timeOut.describe('When, ms since 1970'),
      error: described(z.string(), 'What went wrong', 'PeerUnreachable: b.example: connect ECONNREFUSED'),
    })
    .meta({ title: 'PeerError', description: 'What went wrong last, at the process that answers, since it began' })
    .optional(),
  nextTry: timeOut.optional().describe('When the process that answers tries it next, ms since 1970, where it waits'),
  stopped: whole('Groups of ours of which it takes no more, as it says', 0),
  broken: whole('Groups of its own that are followed no further, because it broke a rule', 0),
}

const peerListed = z
  .object(listed)
  .meta({ title: 'ListedPeer', description: 'Another server in a list, by what becomes of what it is sent' })
export type PeerListed = z.infer<typeof peerListed>

export const peersAnswer = z.object({
  federation: described(z.enum(['off', 'allow', 'open']), 'The setting FEDERATION', 'open'),
  peers: z.array(peerListed).describe('By their domains'),
  next: described(z.string(), 'The `after` of the next page, where there is one', 'b.example').optional(),
})

const groupStopped = z
  .object({
    group: described(z.string(), 'A group of ours', 'mimi://localhost/g/Vm0wd2QyVkhVWGhUV0doVg'),
    why: described(z.string(), 'What it says of the item that it does not take', 'malformed'),
    at: timeOut.describe('When it said so, ms since 1970'),
  })
  .meta({ title: 'StoppedGroup', description: 'It is sent no more of this group until it shows itself, or is reset' })

const groupBroken = z
  .object({
    group: groupUri,
    sequence: whole('The number of the item', 7),
    reason: described(z.string(), 'The rule that it broke', '{"code":"invalid-commit"}'),
    at: timeOut.describe('When it came, ms since 1970'),
  })
  .meta({ title: 'BrokenGroup', description: 'A group of its own, followed no further until it is reset' })

const rootShown = z
  .object({
    fingerprint: fingerprint('The SHA-256 of the root, base64url'),
    at: timeOut.describe('Since when it was believed, ms since 1970'),
    by: described(
      z.enum(['firstSight', 'statement', 'operator']),
      'Why: it was the first one seen, the one before it signed a statement, or an operator compared it',
      'firstSight',
    ),
  })
  .meta({ title: 'PinnedRoot', description: 'A root that was or is believed' })

const counts = z
  .object({
    tries: whole('Requests with items that it was sent', 12),
    sent: whole('Items that it took', 40),
    refused: whole('Times that it refused one', 0),
    unanswered: whole('Requests that it did not answer', 2),
  })
  .meta({ title: 'PeerCounts', description: 'By the process that answers, since it began' })

export const peerAnswer = z
  .object({
    ...listed,
    stopped: z.array(groupStopped).describe('Groups of ours of which it takes no more, as this process heard'),
    broken: z.array(groupBroken).describe('Groups of its own that are followed no further, the newest 100'),
    counts,
    seen: timeOut.optional().describe('When it was first seen, by our clock, ms since 1970, where it was'),
    refusedSignature: timeOut
      .optional()
      .describe('When a signature in its name was last refused that came from where it asks from, to the day'),
    root: peerRootField.optional().describe('The root that is believed, where one is'),
    fingerprint: fingerprint('The SHA-256 of that, base64url: to be compared with what its operator says').optional(),
    roots: z.array(rootShown).describe('That root and those before it, the oldest first'),
    keys: z
      .array(
        z
          .object({
            id: described(z.string(), 'Its name', 'Zm9vYmFyMTI'),
            notBefore: timeOut.describe('From when on it signs, ms since 1970'),
            notAfter: timeOut.describe('Until when, ms since 1970'),
          })
          .meta({ title: 'PeerKey', description: 'A key of its messages' }),
      )
      .describe('Its keys, as it published them last'),
  })
  .meta({ title: 'Peer', description: 'Another server, as this one knows it' })
export type PeerShown = z.infer<typeof peerAnswer>
