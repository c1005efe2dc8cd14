/** Closes the stock of KeyPackages of a client that is gone: nothing is handed out any more. */
import { closeStock, keyPackagesAggregate } from '../commands/keyPackages/keyPackages.js'
import type { AnyEvent } from '../events/anyEvent.js'
import { keyPackagesStream } from '../events/keyPackages.js'
import type { ClientId } from '../mls/wire/ids.js'
import type { Rule } from './rule.js'

export const closeStocks: Rule = {
  name: 'closeStocks',
  answers: ['ClientRemoved', 'UserDeleted'],
  react: async ({ event }, { streams, command }) => {
    for (const client of goneWith(event)) {
      const stream = keyPackagesStream(client)
      await streams.execute(keyPackagesAggregate, stream, command(client), closeStock(client))
    }
  },
}

const goneWith = (event: AnyEvent): readonly ClientId[] => {
  if (event.type === 'ClientRemoved') return [event.data.client]
  return event.type === 'UserDeleted' ? event.data.clients : []
}
