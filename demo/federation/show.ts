/** The demo of three homeservers, and the capture of whom each client asked. */
import type { Show } from '../show.js'
import { openStage } from '../stage.js'
import type { Transcript } from '../transcript.js'
import { captureClients } from './capture.js'
import { homes, perform } from './play.js'
import { openPlaces } from './servers.js'
import { whoAskedWhom } from './whoAskedWhom.js'

export const openFederation = async (transcript: Transcript, print: (line: string) => void): Promise<Show> => {
  const places = await openPlaces(Object.values(homes))
  const capture = captureClients()
  // Everybody is at home somewhere.
  const stage = openStage({ servers: [] }, transcript, capture)
  for (const { domain, door } of places.all) print(`${domain} at ${door.url}`)
  return {
    stage,
    perform: () => perform({ stage, places, transcript }),
    stop: places.stop,
    review: () => {
      transcript.scene('Who asked whom')
      const { lines, faults } = whoAskedWhom(capture.asked(), places.all, homes)
      lines.forEach(transcript.note)
      return faults
    },
  }
}
