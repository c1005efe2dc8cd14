/** Whether a client hears what happens, for a user interface: told when it changes. */

/** offline: not connected, or between two tries. connecting: on its way, or catching up. live: hears everything as it happens. */
export type Status = 'offline' | 'connecting' | 'live'

export type StatusOfReaders = {
  readonly current: () => Status
  /** For one more reader: what it is at, told by itself. */
  readonly reader: () => (status: Status) => void
}

/** A client is as far as the reader that is furthest behind. */
export const statusOfReaders = (tell: (status: Status) => void): StatusOfReaders => {
  const readers: Status[] = []
  let told: Status = 'offline'
  const current = (): Status => order.find((status) => readers.includes(status)) ?? 'offline'
  return {
    current,
    reader: () => {
      const index = readers.push('offline') - 1
      return (status) => {
        readers[index] = status
        if (current() === told) return
        told = current()
        tell(told)
      }
    },
  }
}

const order: readonly Status[] = ['offline', 'connecting', 'live']
