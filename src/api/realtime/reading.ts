/** Whether what a client sends is read: it is, unless somebody holds that back; nobody undoes what another holds. */

export type Reading = {
  readonly hold: (why: string, held: boolean) => void
}

export const holdReading = (websocket: { pause(): void; resume(): void }): Reading => {
  const holds = new Set<string>()
  return {
    hold: (why, held) => {
      const before = holds.size
      if (held) holds.add(why)
      else holds.delete(why)
      if (before === 0 && holds.size > 0) websocket.pause()
      if (before > 0 && holds.size === 0) websocket.resume()
    },
  }
}
