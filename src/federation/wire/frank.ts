/** Frank: a hub's stamp on a message. We read it where the draft has one, and give none. */
import { readOpaque, readRaw, readUint16 } from '../../mls/bytes/reader.js'
import { writeOpaque, writeRaw, writeUint16 } from '../../mls/bytes/writer.js'
import type { Codec } from './body.js'

export type Frank = {
  /** 32 bytes. */
  readonly serverFrank: Uint8Array
  readonly cipherSuite: number
  readonly signature: Uint8Array
}

const serverFrankBytes = 32

export const frank: Codec<Frank> = {
  read: (reader) => ({
    serverFrank: readRaw(reader, serverFrankBytes),
    cipherSuite: readUint16(reader),
    signature: readOpaque(reader),
  }),
  write: (writer, { serverFrank, cipherSuite, signature }) => {
    if (serverFrank.length !== serverFrankBytes) throw new RangeError(`a server_frank has ${serverFrankBytes} bytes`)
    writeRaw(writer, serverFrank)
    writeUint16(writer, cipherSuite)
    writeOpaque(writer, signature)
  },
}
