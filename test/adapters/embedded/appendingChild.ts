/** A process that appends as fast as it can and tells every acknowledgement on its output, until it is killed. */
import { randomUUID } from 'node:crypto'
import { openEmbeddedEventStore } from '#src/adapters/embedded/log/eventStore.js'
import { newEvent } from '../../ports/eventStore.contract.js'
import { seeded } from '../../ports/seeded.js'

const [directory = '', seed = '1'] = process.argv.slice(2)
const store = await openEmbeddedEventStore({ directory })
process.stdout.write('open\n')

const writer = async (number: number): Promise<never> => {
  const random = seeded(Number(seed) * 100 + number)
  for (;;) {
    const size = 1 + random.integer(4)
    const batch = randomUUID()
    const events = Array.from({ length: size }, () =>
      newEvent({ batch, size, filling: 'x'.repeat(random.integer(900)) }),
    )
    const stream = `load-${random.integer(6)}`
    const result = await store.append(stream, events, 'any')
    if (result.status === 'appended')
      process.stdout.write(`${[stream, result.revision, result.position, ...events.map(({ id }) => id)].join(' ')}\n`)
  }
}
await Promise.all(Array.from({ length: 16 }, (_, number) => writer(number)))
