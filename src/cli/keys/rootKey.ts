/** The private key of a root, which is not kept where the server is. */
import { readFile } from 'node:fs/promises'
import { StartupProblem } from '../../compose/process/startupProblem.js'

export const rootKeyOption = {
  'root-key': ['FILE', 'the private key of the root, where it was taken away from KEYS_DIR (PEM or DER)'],
} as const

/** PKCS#8 DER. Throws StartupProblem. */
export const privateKeyIn = async (file: string): Promise<Uint8Array> => {
  const bytes = await readNamed(file)
  const pem = /-----BEGIN PRIVATE KEY-----([^-]*)-----END PRIVATE KEY-----/.exec(bytes.toString('latin1'))?.[1]
  return new Uint8Array(pem === undefined ? bytes : Buffer.from(pem, 'base64'))
}

/** Throws StartupProblem. */
export const readNamed = (file: string): Promise<Buffer> =>
  readFile(file).catch(() => {
    throw new StartupProblem(64, `${file} cannot be read`)
  })
