/** The GroupInfo of a state (RFC 9420 §12.4.3), as ts-mls leaves it out after a Commit. */
import { equalBytes } from '../../mls/bytes/bytes.js'
import { type GroupState, unwrap } from './groupState.js'
import { decodeMessage, encodeGroupInfoMessage } from './messageCodec.js'
import { encodeOpaque } from './opaque.js'
import { encodeRatchetTree, signGroupInfo } from './tsMls.js'

/**
 * Signed by this member, with external_pub, and with the ratchet tree when asked. external_pub is an HPKEPublicKey, so an
 * `opaque<V>` inside the extension: ts-mls leaves its length out, which no other library reads.
 */
export const groupInfoOf = async (
  state: GroupState,
  options: { readonly ratchetTree: boolean },
): Promise<Uint8Array> => {
  const { client, suite } = unwrap(state)
  const external = await suite.hpke.deriveKeyPair(client.keySchedule.externalSecret)
  const externalPub = encodeOpaque(await suite.hpke.exportPublicKey(external.publicKey))
  const tree = { extensionType: 'ratchet_tree', extensionData: encodeRatchetTree(client.ratchetTree) } as const
  const groupInfo = await signGroupInfo(
    {
      groupContext: client.groupContext,
      extensions: [
        { extensionType: 'external_pub', extensionData: externalPub },
        ...(options.ratchetTree ? [tree] : []),
      ],
      confirmationTag: client.confirmationTag,
      signer: client.privatePath.leafIndex,
    },
    client.signaturePrivateKey,
    suite.signature,
  )
  return encodeGroupInfoMessage(groupInfo)
}

/** Whether it is of this very state: the tag is keyed by the epoch's secrets and covers all that was agreed (RFC 9420 §6.1). */
export const describes = (groupInfo: Uint8Array, state: GroupState): boolean => {
  const tag = decodeMessage(groupInfo, 'mls_group_info')?.groupInfo.confirmationTag
  return tag !== undefined && equalBytes(tag, unwrap(state).client.confirmationTag)
}
