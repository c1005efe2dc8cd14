/** Whom this client let in, and who let it in: kept in its own store, where no server can write. */
import { equalBytes } from '../../mls/bytes/bytes.js'
import { parseClientId } from '../../mls/wire/ids.js'
import type { ClientId } from '../../mls/wire/ids.js'
import { parseCertificationRequest } from '../../mls/x509/certificationRequest.js'
import { sha256 } from '../crypto/digest.js'
import { openJws } from '../crypto/jws.js'
import { linkCode } from '../crypto/linkCode.js'
import type { Engine } from '../engine/engine.js'
import { decodeRecord, encodeRecord } from '../store/record.js'
import type { Change } from '../store/store.js'
import { Untrusted } from '../trust/untrusted.js'
import { verifiedKeys } from './contactSecrecy.js'

/** The request that came from a new device, as it was approved here. */
type Approved = { readonly csr: Uint8Array }
/** This client's own request, and the approval that it was given. */
type Linked = { readonly csr: Uint8Array; readonly approval: string }

const approvedPrefix = 'approved/'
const linkedKey = 'linked'

export const linkedChange = (linked: Linked): Change => ({ key: linkedKey, value: encodeRecord(linked) })

/** To be kept before the approval leaves. Throws TypeError where the text is no request. */
export const keepApproved = async ({ saver }: Engine, csr: Uint8Array): Promise<void> => {
  const client = clientIn(csr)
  if (client === undefined) throw new TypeError('not what requestLink gave')
  saver.put(approvedPrefix + client, () => encodeRecord({ csr } satisfies Approved))
  await saver.flush()
}

const clientIn = (csr: Uint8Array): ClientId | undefined =>
  requestIn(csr)
    ?.uris?.map(parseClientId)
    .find((client) => client !== undefined)

const requestIn = (csr: Uint8Array): ReturnType<typeof parseCertificationRequest> | undefined => {
  try {
    return parseCertificationRequest(csr)
  } catch {
    return undefined
  }
}

/** Two clients of which one let the other in, with the keys that they have. */
export type Link = {
  readonly other: ClientId
  /** The other's signature key. */
  readonly key: Uint8Array
  readonly csrHash: Uint8Array
  /** What both screens show. */
  readonly code: string
}

/** Throws Untrusted where this client did not approve the other's very request, or where its certificate has another key. */
export const linkTo = async (engine: Engine, newcomer: ClientId): Promise<Link> => {
  const { store, account } = engine
  const bytes = await store.get(approvedPrefix + newcomer)
  if (bytes === undefined) throw new Untrusted(`${newcomer} was not let in by this client`)
  const { csr } = decodeRecord(bytes) as Approved
  const key = requestIn(csr)?.publicKey ?? new Uint8Array()
  if (!(await hasKey(engine, newcomer, key))) throw new Untrusted(`${newcomer} has another key than the one let in`)
  const csrHash = await sha256(csr)
  const code = await linkCode({ user: account.user, giver: account.signatureKey, newcomer: key, csrHash })
  return { other: newcomer, key, csrHash, code }
}

/** Throws Untrusted where this client was not let in by another one whose certificate holds. */
export const linkFrom = async (engine: Engine): Promise<Link> => {
  const { store, account } = engine
  const bytes = await store.get(linkedKey)
  if (bytes === undefined) throw new Untrusted('this client was not let in by another one')
  const { csr, approval } = decodeRecord(bytes) as Linked
  const csrHash = await sha256(csr)
  for (const { client, key } of await verifiedKeys(engine, account.user)) {
    if (client === account.client || (await openJws(key, approval)) === undefined) continue
    const code = await linkCode({ user: account.user, giver: key, newcomer: account.signatureKey, csrHash })
    return { other: client, key, csrHash, code }
  }
  throw new Untrusted('the client that let this one in is not there any more')
}

const hasKey = async (engine: Engine, client: ClientId, key: Uint8Array): Promise<boolean> => {
  const listed = await verifiedKeys(engine, engine.account.user)
  return listed.some((one) => one.client === client && equalBytes(one.key, key))
}
