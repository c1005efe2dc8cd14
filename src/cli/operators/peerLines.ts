/** Other servers, a line each, and one of them in a few: nothing that it wrote itself moves the terminal. */
import type { PeerListed, PeerShown } from '../../contract/peers.js'
import { quoted, when } from '../printable.js'

/** `b.example byDefault backingOff since … items 3 bytes 4096 groups 1 oldest … success … next … error "…"`. */
export const lineOfPeer = (shown: PeerListed): string => {
  const { domain, policy, state, since, stranger, lastSuccess, nextTry, lastError, stopped, broken } = shown
  return [
    ...[domain, policy, state],
    ...dated('since', since),
    ...backlogIn(shown),
    ...dated('success', lastSuccess),
    ...dated('next', nextTry),
    ...dated('stranger until', stranger?.until),
    ...(stopped > 0 ? [`stopped ${stopped}`] : []),
    ...(broken > 0 ? [`broken ${broken}`] : []),
    ...(lastError === undefined ? [] : [`error ${when(lastError.at)} ${quoted(lastError.error)}`]),
  ].join(' ')
}

export const linesOfPeer = (shown: PeerShown): readonly string[] => {
  const { seen, refusedSignature, fingerprint, roots, keys, counts, stopped, broken } = shown
  const { tries, sent, refused, unanswered } = counts
  const before = roots.filter((root) => root.fingerprint !== fingerprint)
  return [
    lineOfPeer({ ...shown, stopped: stopped.length, broken: broken.length }),
    seen === undefined ? 'never seen' : `seen first ${when(seen)}`,
    ...(refusedSignature === undefined ? [] : [`signature refused ${when(refusedSignature)}`]),
    ...(fingerprint === undefined ? [] : [`root ${fingerprint}`]),
    ...before.map((root) => `root before ${root.fingerprint} from ${when(root.at)} by ${root.by}`),
    ...keys.map(({ id, notBefore, notAfter }) => `key ${id} from ${when(notBefore)} to ${when(notAfter)}`),
    ...(tries > 0 ? [`tries ${tries} unanswered ${unanswered} items taken ${sent} refused ${refused}`] : []),
    ...stopped.map(({ group, why, at }) => `stopped ${group} since ${when(at)}: ${quoted(why)}`),
    ...broken.map(
      ({ group, sequence, reason, at }) => `broken ${group} at ${sequence} since ${when(at)}: ${quoted(reason)}`,
    ),
  ]
}

const backlogIn = ({ backlog: { items, bytes, groups, oldest } }: Pick<PeerListed, 'backlog'>): readonly string[] =>
  items === 0 ? [] : [`items ${items} bytes ${bytes} groups ${groups}`, ...dated('oldest', oldest)]

const dated = (what: string, at: number | undefined): readonly string[] =>
  at === undefined ? [] : [`${what} ${when(at)}`]
