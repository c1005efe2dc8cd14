/** Items of the direct queue: what happened to the account, and who wants to be in touch. */
import { fromBase64url } from '../../mls/bytes/base64url.js'
import { parseClientId } from '../../mls/wire/ids.js'
import type { Engine } from '../engine/engine.js'
import type { Effect, Item } from '../groups/receive.js'
import { openLetter, userIn } from './contactSecrecy.js'

const nothing: Effect = () => undefined

export const receiveAccountNotice = async (engine: Engine, item: Item): Promise<Effect> => {
  const { inbox } = engine
  const client = parseClientId(String(item['client']))
  switch (item['kind']) {
    case 'connectionRequest':
    case 'connectionAccepted':
    case 'connectionRejected':
      return contactNotice(engine, item)
    case 'clientAdded': {
      const approvedBy = parseClientId(String(item['approvedBy']))
      if (client === undefined || approvedBy === undefined) return nothing
      return () => {
        inbox.push({ type: 'clientAdded', client, approvedBy })
      }
    }
    case 'clientRemoved':
      return client === undefined
        ? nothing
        : () => {
            inbox.push({ type: 'clientRemoved', client })
          }
    case 'keyPackagesLow':
      return () => {
        engine.replenishSoon()
      }
    case 'lastResortUsed':
      return () => {
        engine.replenishSoon('lastResortUsed')
      }
    default:
      return nothing
  }
}

const contactNotice = async (engine: Engine, item: Item): Promise<Effect> => {
  const { inbox } = engine
  const from = userIn(item['from'])
  const request = String(item['request'])
  if (from === undefined) return nothing
  if (item['kind'] === 'connectionRejected')
    return () => {
      inbox.push({ type: 'requestRejected', request, by: from })
    }
  const bytes = typeof item['ciphertext'] === 'string' ? fromBase64url(item['ciphertext']) : undefined
  const text = bytes === undefined ? '' : ((await openLetter(engine, from, bytes)) ?? '')
  if (item['kind'] === 'connectionAccepted')
    return () => {
      inbox.push({ type: 'requestAccepted', request, by: from, text })
    }
  return () => {
    inbox.push({ type: 'request', request, from, text })
  }
}
