/** An HPKE ciphertext with its KEM output (RFC 9420 §7.6). */
import { type Reader, readOpaque } from '../bytes/reader.js'
import { writeOpaque, type Writer } from '../bytes/writer.js'

export type HpkeCiphertext = { readonly kemOutput: Uint8Array; readonly ciphertext: Uint8Array }

export const readHpkeCiphertext = (reader: Reader): HpkeCiphertext => ({
  kemOutput: readOpaque(reader),
  ciphertext: readOpaque(reader),
})

export const writeHpkeCiphertext = (writer: Writer, value: HpkeCiphertext): void => {
  writeOpaque(writer, value.kemOutput)
  writeOpaque(writer, value.ciphertext)
}
