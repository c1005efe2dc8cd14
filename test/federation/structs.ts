/** The codecs by the names that docs/federation.md and the vectors have for their structs, and values as the vectors have them. */
import { abuseReport } from '#src/federation/wire/abuseReport.js'
import { decodeBody, encodeBody } from '#src/federation/wire/body.js'
import type { Codec } from '#src/federation/wire/body.js'
import { assetPiece, assetPieceRequest } from '#src/federation/wire/assetPiece.js'
import { consentEntry } from '#src/federation/wire/consent.js'
import { fanoutMessages } from '#src/federation/wire/fanout.js'
import {
  groupInfoAsked,
  groupInfoGiven,
  groupInfoRequest,
  groupInfoResponse,
  groupState,
} from '#src/federation/wire/groupInfo.js'
import { identifierRequest, identifierResponse } from '#src/federation/wire/identifierQuery.js'
import {
  commitItem,
  gapItem,
  joinItem,
  messageItem,
  noticeItem,
  proposalItem,
} from '#src/federation/wire/itemContents.js'
import { keyMaterialAsked, keyMaterialRequest, keyMaterialResponse } from '#src/federation/wire/keyMaterial.js'
import { sequencedItems } from '#src/federation/wire/sequencedItem.js'
import { signals } from '#src/federation/wire/signals.js'
import { submitMessageRequest, submitMessageResponse } from '#src/federation/wire/submitMessage.js'
import { updateRequest, updateResponse } from '#src/federation/wire/update.js'
import type { Result } from '#src/mls/bytes/refusal.js'

type Struct = {
  readonly decode: (bytes: Uint8Array) => Result<unknown>
  /** Of what was decoded. */
  readonly encode: (value: unknown) => Uint8Array
}

const struct = <T>(codec: Codec<T>): Struct => ({
  decode: (bytes) => decodeBody(codec, bytes),
  encode: (value) => encodeBody(codec, value as T),
})

const structs: Readonly<Record<string, Struct>> = {
  KeyMaterialRequest: struct(keyMaterialRequest as Codec<unknown>),
  KeyMaterialResponse: struct(keyMaterialResponse),
  UpdateRequest: struct(updateRequest),
  UpdateRoomResponse: struct(updateResponse),
  SubmitMessageRequest: struct(submitMessageRequest),
  SubmitMessageResponse: struct(submitMessageResponse),
  FanoutMessages: struct(fanoutMessages),
  GroupInfoRequest: struct(groupInfoRequest as Codec<unknown>),
  GroupInfoResponse: struct(groupInfoResponse as Codec<unknown>),
  GroupInfoRatchetTreeTBE: struct(groupState),
  ConsentEntry: struct(consentEntry),
  IdentifierRequest: struct(identifierRequest),
  IdentifierResponse: struct(identifierResponse),
  AbuseReport: struct(abuseReport),
  JoinItem: struct(joinItem),
  CommitItem: struct(commitItem),
  ProposalItem: struct(proposalItem),
  MessageItem: struct(messageItem),
  NoticeItem: struct(noticeItem),
  GapItem: struct(gapItem),
  SequencedItems: struct(sequencedItems),
  Signals: struct(signals),
  AssetPieceRequest: struct(assetPieceRequest),
  AssetPiece: struct(assetPiece),
}

export const structNames = Object.keys(structs)
export const structOf = (name: string): Struct => {
  const found = structs[name]
  if (found === undefined) throw new Error(`no struct ${name}`)
  return found
}

/** What a signature is made over, by who signs: of what was decoded. */
export const signedBytes: Readonly<Record<string, (value: unknown) => Uint8Array>> = {
  KeyMaterialRequest: (value) => encodeBody(keyMaterialAsked, value as Parameters<typeof keyMaterialAsked.write>[1]),
  GroupInfoRequest: (value) => encodeBody(groupInfoAsked, value as Parameters<typeof groupInfoAsked.write>[1]),
  GroupInfoResponse: (value) => encodeBody(groupInfoGiven, value as Parameters<typeof groupInfoGiven.write>[1]),
}

/** As JSON has it: bytes in hex, bigints in decimal, and no `signed`, which is no field of its own. */
export const shown = (value: unknown): unknown => {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
  if (typeof value === 'bigint') return String(value)
  if (Array.isArray(value)) return value.map(shown)
  if (typeof value !== 'object' || value === null) return value
  const fields = Object.entries(value).filter(([name, field]) => field !== undefined && name !== 'signed')
  return Object.fromEntries(fields.map(([name, field]) => [name, shown(field)]))
}
