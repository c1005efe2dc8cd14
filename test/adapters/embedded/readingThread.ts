/** Two readers of a log who take turns, so that one of them is there at every moment, and neither stays; until told to end. */
import { DatabaseSync } from '@photostructure/sqlite'
import { join } from 'node:path'
import { parentPort, workerData } from 'node:worker_threads'

const readers = [0, 1].map(() => new DatabaseSync(join(String(workerData), 'events.db'), { readOnly: true }))
const begin = (reader: (typeof readers)[number] | undefined): void => {
  reader?.exec('BEGIN')
  reader?.prepare('SELECT max(position) FROM events').get()
}
begin(readers[0])
let over = false
parentPort?.once('message', () => {
  over = true
})
const takeTurns = (turn: number): void => {
  const [leaving, coming] = [readers[turn % 2], readers[(turn + 1) % 2]]
  begin(coming)
  leaving?.exec('COMMIT')
  if (over) for (const reader of readers) reader.close()
  else setTimeout(takeTurns, 25, turn + 1)
}
takeTurns(0)
parentPort?.postMessage('reading')
