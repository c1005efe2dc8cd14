/** A process dies between the record of an operator's act and its effect: the next start does what is on record. */
import { expect } from 'chai'
import { openEmbeddedEventStore } from '#src/adapters/embedded/log/eventStore.js'
import { streamsHere } from '#src/compose/terminal.js'
import { operatorsAggregate, recordAct } from '#src/commands/operators/operators.js'
import { operatorsStream } from '#src/events/operators.js'
import { temporaryDirectory } from '../adapters/temporaryDirectory.js'
import { eventually } from '../stores/eventually.js'
import { composeServer } from '../compose/composedServer.js'

const OPERATOR_TOKEN = 'hs_op_PlantedOperatorToken0123456789'
const digest = '47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU'

describe('an act that was recorded and not done', () => {
  it('is done by the next start, whoever asks again or not', async () => {
    const directory = temporaryDirectory()
    const settings = { OPERATOR_TOKEN, DATA_DIR: directory.path }
    await (await composeServer(settings)).close()
    const events = await openEmbeddedEventStore({ directory: directory.path })
    const act = { by: { token: 'HPeLWg9Bj_Ky6GN7' }, what: { type: 'takeDown', digest }, why: 'told to' } as const
    const command = { id: 'the one that died', bodyHash: '', at: Date.now() }
    await streamsHere(events).execute(operatorsAggregate, operatorsStream, command, recordAct(act))
    await events.close()
    const house = await composeServer(settings)
    try {
      const [takedown] = await eventually('the takedown', async () => {
        const { body } = await house.ask({ token: OPERATOR_TOKEN }, 'GET', '/v1/operator/takedowns')
        const takedowns = body['takedowns'] as readonly object[]
        return takedowns.length > 0 && takedowns
      })
      expect(takedown).to.deep.include({ digest, act: 1, why: 'told to' })
    } finally {
      await house.close()
      directory.remove()
    }
  })
})
