/** The MLS working group's published vectors. */
import { expect } from 'chai'
import { cipherSuite } from '#src/mls/crypto/cipherSuite.js'
import { hash, refHash, verifyWithLabel } from '#src/mls/crypto/labels.js'
import { readCommit, readUpdatePath, writeCommit } from '#src/mls/wire/commit.js'
import { applyPath } from '#src/mls/group/commitPath.js'
import { readSignedContent } from '#src/mls/wire/framing.js'
import { hpkeOpen, importX25519PrivateKey } from '#src/mls/crypto/hpke.js'
import { checkLeafSignature } from '#src/mls/group/leafRules.js'
import { decodeMlsMessage, encodeMlsMessage } from '#src/mls/wire/mlsMessage.js'
import { readProposal, writeProposal } from '#src/mls/wire/proposal.js'
import { addLeaves, type RatchetTree, removeLeaves, resolution, treeOf, updateLeaf } from '#src/mls/tree/ratchetTree.js'
import { decodeExactly, type Reader, readerOf, readLength, readUint16 } from '#src/mls/bytes/reader.js'
import { keyPackageRef } from '#src/mls/crypto/references.js'
import { confirmedTranscriptHash, interimTranscriptHash } from '#src/mls/crypto/transcript.js'
import { decodeTreeNodes, encodeTreeNodes } from '#src/mls/tree/treeCodec.js'
import { subtreeHash, treeHash } from '#src/mls/tree/treeHash.js'
import { left, nodeWidth, parent, right, root, sibling } from '#src/mls/tree/treeMath.js'
import { verifyParents, verifyTree } from '#src/mls/group/verifyTree.js'
import { readGroupSecrets, welcomeRefs, writeGroupSecrets } from '#src/mls/wire/welcome.js'
import { encodeWith, type Writer, writeOpaque, writerOf, writeLength, written } from '#src/mls/bytes/writer.js'
import { encodeGroupContext, mls10 } from '#src/mls/wire/groupContext.js'
import { accepted, fromHex, report, toHex, vectors } from './vectors.js'

const treeFrom = (suite: number, hex: string): RatchetTree => treeOf(cipherSuite(suite), decodeTreeNodes(fromHex(hex)))

const roundTrip = <T>(read: (reader: Reader) => T, write: (writer: Writer, value: T) => void, hex: string): void => {
  expect(toHex(encodeWith(write, decodeExactly(fromHex(hex), read)))).to.equal(hex)
}

describe('the published MLS vectors', () => {
  it('tree-math: root, left, right, parent and sibling of every node', function () {
    type Case = { n_leaves: number; n_nodes: number; root: number } & Record<
      'left' | 'right' | 'parent' | 'sibling',
      (number | null)[]
    >
    const cases = vectors<Case>(this, 'tree-math')
    let nodes = 0
    for (const each of cases) {
      expect(nodeWidth(each.n_leaves)).to.equal(each.n_nodes)
      expect(root(each.n_nodes)).to.equal(each.root)
      for (let node = 0; node < each.n_nodes; node++) {
        nodes++
        if (node % 2 === 1) expect([left(node), right(node)]).to.deep.equal([each.left[node], each.right[node]])
        if (node !== each.root)
          expect([parent(node), sibling(node)]).to.deep.equal([each.parent[node], each.sibling[node]])
      }
    }
    report(`${cases.length} trees, ${nodes} nodes`)
  })

  it('tree-validation: tree hashes, resolutions and the whole verification', function () {
    type Case = { cipher_suite: number; tree: string; group_id: string; tree_hashes: string[]; resolutions: number[][] }
    const cases = vectors<Case>(this, 'tree-validation')
    for (const each of cases) {
      const tree = treeFrom(each.cipher_suite, each.tree)
      expect(toHex(encodeTreeNodes(tree.nodes))).to.equal(each.tree)
      for (let node = 0; node < tree.nodes.length; node++) {
        expect(toHex(subtreeHash(tree, node))).to.equal(each.tree_hashes[node])
        expect(resolution(tree, node)).to.deep.equal(each.resolutions[node])
      }
      verifyTree(tree, fromHex(each.group_id))
    }
    report(`${cases.length} trees of suites 1 to 7`)
  })

  it('tree-operations: add, update and remove', function () {
    type Case = Record<'proposal' | 'tree_before' | 'tree_after' | 'tree_hash_before' | 'tree_hash_after', string> & {
      cipher_suite: number
      proposal_sender: number
    }
    const cases = vectors<Case>(this, 'tree-operations')
    for (const each of cases) {
      const before = treeFrom(each.cipher_suite, each.tree_before)
      expect(toHex(treeHash(before))).to.equal(each.tree_hash_before)
      const proposal = decodeExactly(fromHex(each.proposal), readProposal)
      let after = before
      if (proposal.type === 'add') after = addLeaves(before, [proposal.keyPackage.leafNode]).tree
      if (proposal.type === 'update') after = updateLeaf(before, each.proposal_sender, proposal.leafNode)
      if (proposal.type === 'remove') after = removeLeaves(before, [proposal.removed])
      expect(toHex(encodeTreeNodes(after.nodes))).to.equal(each.tree_after)
      expect(toHex(treeHash(after))).to.equal(each.tree_hash_after)
      expect(toHex(treeHash(before))).to.equal(each.tree_hash_before)
    }
    report(`${cases.length} operations`)
  })

  it('treekem: every update path applies and gives the tree hash', function () {
    type Path = { sender: number; update_path: string; tree_hash_after: string }
    type Case = { cipher_suite: number; group_id: string; ratchet_tree: string; update_paths: Path[] }
    const cases = vectors<Case>(this, 'treekem')
    let paths = 0
    for (const each of cases) {
      const tree = treeFrom(each.cipher_suite, each.ratchet_tree)
      const groupId = fromHex(each.group_id)
      verifyParents(tree)
      for (const { sender, update_path, tree_hash_after } of each.update_paths) {
        const path = decodeExactly(fromHex(update_path), readUpdatePath)
        checkLeafSignature(tree.suite, path.leafNode, { groupId, leafIndex: sender })
        const after = applyPath(tree, sender, path, [])
        expect(toHex(treeHash(after))).to.equal(tree_hash_after)
        verifyParents(after)
        paths++
      }
    }
    report(`${cases.length} trees, ${paths} paths`)
  })

  it('transcript-hashes: confirmed and interim, after each commit', function () {
    type Case = Record<
      | 'authenticated_content'
      | 'interim_transcript_hash_before'
      | 'confirmed_transcript_hash_after'
      | 'interim_transcript_hash_after',
      string
    > & { cipher_suite: number }
    const cases = vectors<Case>(this, 'transcript-hashes')
    for (const each of cases) {
      const suite = cipherSuite(each.cipher_suite)
      const reader = readerOf(fromHex(each.authenticated_content))
      const wireFormat = readUint16(reader)
      const signed = readSignedContent(reader)
      const before = fromHex(each.interim_transcript_hash_before)
      const confirmed = confirmedTranscriptHash(suite, before, signed, wireFormat)
      expect(toHex(confirmed)).to.equal(each.confirmed_transcript_hash_after)
      expect(signed.confirmationTag).to.not.equal(undefined)
      expect(toHex(interimTranscriptHash(suite, confirmed, signed.confirmationTag!))).to.equal(
        each.interim_transcript_hash_after,
      )
    }
    report(`${cases.length} suites`)
  })

  it('deserialization: lengths of 1, 2 and 4 bytes, both ways', function () {
    const cases = vectors<{ vlbytes_header: string; length: number }>(this, 'deserialization')
    for (const each of cases) {
      expect(readLength(readerOf(fromHex(each.vlbytes_header)))).to.equal(each.length)
      const writer = writerOf()
      writeLength(writer, each.length)
      expect(toHex(written(writer))).to.equal(each.vlbytes_header)
    }
    report(`${cases.length} headers`)
  })

  it('messages: every struct decodes and encodes again byte for byte', function () {
    const cases = vectors<Record<string, string>>(this, 'messages')
    let count = 0
    for (const each of cases)
      for (const [name, hex] of Object.entries(each)) {
        count++
        if (name === 'ratchet_tree') expect(toHex(encodeTreeNodes(decodeTreeNodes(fromHex(hex))))).to.equal(hex)
        else if (name === 'group_secrets') roundTrip(readGroupSecrets, writeGroupSecrets, hex)
        else if (name === 'commit') roundTrip(readCommit, writeCommit, hex)
        else if (name in proposalTypes) roundTripBody(name, hex)
        else expect(toHex(encodeMlsMessage(accepted(decodeMlsMessage(fromHex(hex)))))).to.equal(hex)
      }
    report(`${count} messages`)
  })

  it('message-protection: public messages carry the content and verify', function () {
    type Case = Record<
      | 'group_id'
      | 'tree_hash'
      | 'confirmed_transcript_hash'
      | 'signature_pub'
      | 'proposal'
      | 'proposal_pub'
      | 'commit'
      | 'commit_pub'
      | 'proposal_priv'
      | 'commit_priv'
      | 'application_priv',
      string
    > & { cipher_suite: number; epoch: number }
    const cases = vectors<Case>(this, 'message-protection')
    let messages = 0
    for (const each of cases) {
      const suite = cipherSuite(each.cipher_suite)
      const context = encodeGroupContext({
        version: mls10,
        cipherSuite: suite.id,
        groupId: fromHex(each.group_id),
        epoch: BigInt(each.epoch),
        treeHash: fromHex(each.tree_hash),
        confirmedTranscriptHash: fromHex(each.confirmed_transcript_hash),
        extensions: [],
      })
      for (const [hex, inner] of [
        [each.proposal_pub, each.proposal],
        [each.commit_pub, each.commit],
      ] as const) {
        const message = accepted(decodeMlsMessage(fromHex(hex)))
        if (message.wireFormat !== 'publicMessage') throw new Error('not a PublicMessage')
        const { content, signature } = message.publicMessage
        const signed = new Uint8Array([0, 1, 0, 1, ...content.bytes, ...context])
        expect(verifyWithLabel(suite, fromHex(each.signature_pub), 'FramedContentTBS', signed, signature)).to.equal(
          true,
        )
        const { content: body } = content
        if (body.type === 'proposal') expect(toHex(encodeWith(writeProposal, body.proposal))).to.equal(inner)
        if (body.type === 'commit') expect(toHex(encodeWith(writeCommit, body.commit))).to.equal(inner)
        messages++
      }
      for (const hex of [each.proposal_priv, each.commit_priv, each.application_priv]) {
        const message = accepted(decodeMlsMessage(fromHex(hex)))
        if (message.wireFormat !== 'privateMessage') throw new Error('not a PrivateMessage')
        expect(message.privateMessage.epoch).to.equal(BigInt(each.epoch))
        expect(toHex(message.privateMessage.groupId)).to.equal(each.group_id)
        messages++
      }
    }
    report(`${messages} messages of ${cases.length} suites`)
  })

  it('welcome: it names the reference of its KeyPackage', function () {
    const cases = vectors<{ cipher_suite: number; key_package: string; welcome: string }>(this, 'welcome')
    for (const each of cases) {
      const keyPackage = accepted(decodeMlsMessage(fromHex(each.key_package)))
      const welcome = accepted(decodeMlsMessage(fromHex(each.welcome)))
      if (keyPackage.wireFormat !== 'keyPackage' || welcome.wireFormat !== 'welcome') throw new Error('other messages')
      expect(welcomeRefs(welcome.welcome).map(toHex)).to.include(toHex(keyPackageRef(keyPackage.keyPackage)))
    }
    report(`${cases.length} suites`)
  })

  it('crypto-basics: references, signatures with labels and, for suite 1, HPKE', function () {
    type Case = {
      cipher_suite: number
      ref_hash: Record<'label' | 'value' | 'out', string>
      sign_with_label: Record<'label' | 'content' | 'pub' | 'signature', string>
      encrypt_with_label: Record<'label' | 'context' | 'priv' | 'kem_output' | 'ciphertext' | 'plaintext', string>
    }
    const cases = vectors<Case>(this, 'crypto-basics')
    for (const each of cases) {
      const suite = cipherSuite(each.cipher_suite)
      expect(hash(suite, new Uint8Array()).length).to.equal(suite.hashBytes)
      const { ref_hash: reference, sign_with_label: signed, encrypt_with_label: sealed } = each
      expect(toHex(refHash(suite, reference.label, fromHex(reference.value)))).to.equal(reference.out)
      const verifies = (content: string): boolean =>
        verifyWithLabel(suite, fromHex(signed.pub), signed.label, fromHex(content), fromHex(signed.signature))
      expect(verifies(signed.content)).to.equal(true)
      expect(verifies(`${signed.content}00`)).to.equal(false)
      if (suite.id !== 1) continue
      const info = writerOf()
      writeOpaque(info, new TextEncoder().encode(`MLS 1.0 ${sealed.label}`))
      writeOpaque(info, fromHex(sealed.context))
      const plaintext = hpkeOpen(
        importX25519PrivateKey(fromHex(sealed.priv)),
        { kemOutput: fromHex(sealed.kem_output), ciphertext: fromHex(sealed.ciphertext) },
        { info: written(info), aad: new Uint8Array() },
      )
      expect(plaintext === undefined ? undefined : toHex(plaintext)).to.equal(sealed.plaintext)
    }
    report(`${cases.length} suites`)
  })
})

/** These vectors are the bodies of proposals, without their type. */
const proposalTypes = {
  add_proposal: '0001',
  update_proposal: '0002',
  remove_proposal: '0003',
  pre_shared_key_proposal: '0004',
  re_init_proposal: '0005',
  external_init_proposal: '0006',
  group_context_extensions_proposal: '0007',
}

const roundTripBody = (name: string, hex: string): void => {
  roundTrip(readProposal, writeProposal, `${proposalTypes[name as keyof typeof proposalTypes]}${hex}`)
}
