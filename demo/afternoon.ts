/** The demo of one homeserver: its own process, or those it was given. */
import { openHomeserver } from './homeserver.js'
import type { DemoOptions } from './options.js'
import { perform } from './play.js'
import type { Show } from './show.js'
import { openStage } from './stage.js'
import type { Transcript } from './transcript.js'

export const openAfternoon = async (
  options: DemoOptions,
  transcript: Transcript,
  print: (line: string) => void,
): Promise<Show> => {
  const homeserver = await openHomeserver(options)
  const stage = openStage({ servers: homeserver.urls }, transcript)
  print(`homeserver at ${homeserver.urls.join(', ')}`)
  const tag = options.servers.length > 0 ? `-${Date.now().toString(36)}` : ''
  return { stage, perform: () => perform({ stage, homeserver, transcript, tag }), stop: homeserver.stop }
}
