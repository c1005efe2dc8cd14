/** Knocks at a node that cannot be reached, below gRPC, whose errors do not say what is the matter: TCP, then TLS. */
import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls, type ConnectionOptions } from 'node:tls'

export type Endpoint = {
  readonly host: string
  readonly port: number
  readonly tls: boolean
  /** PEM of the authorities to believe; undefined: those of Node. */
  readonly authorities?: Buffer
}

const knockMs = 2_000
const tlsAlert = 0x15

/** What to do about it, in words for the operator; undefined when the connection itself is good. Never throws. */
export const knock = (endpoint: Endpoint): Promise<string | undefined> =>
  endpoint.tls ? knockTls(endpoint) : knockPlain(endpoint)

const knockTls = async (endpoint: Endpoint): Promise<string | undefined> => {
  const { authorities } = endpoint
  const outcome = await shakeHands(endpoint, authorities === undefined ? {} : { ca: authorities })
  const advice = outcome instanceof Error ? tlsAdvice(outcome) : undefined
  if (advice !== undefined || !hangsUp(outcome)) return advice
  return Buffer.isBuffer(await sayHello(endpoint)) ? noTls : notUp
}

/** A server with TLS does not understand it, and hangs up, or answers by an alert. */
const knockPlain = async (endpoint: Endpoint): Promise<string | undefined> => {
  const outcome = await sayHello(endpoint)
  if (!hangsUp(outcome) && !(Buffer.isBuffer(outcome) && outcome[0] === tlsAlert)) return undefined
  // Nothing is sent over it: whoever it is may answer.
  const shaken = await shakeHands(endpoint, { rejectUnauthorized: false })
  return shaken instanceof Error || shaken === 'end' ? notUp : withTls
}

const noTls =
  'it does not speak TLS: give it a certificate (on one machine and for tests, tls=false in EVENTSTORE_URL does)'
const withTls = 'it speaks TLS: say tls=true in EVENTSTORE_URL, and name its CA file with tlsCAFile'
const notUp = 'it hangs up: it is not up yet, or something else is at this address'

const tlsAdvice = (error: NodeJS.ErrnoException): string | undefined => {
  const said = `${error.code ?? ''} ${error.message}`
  if (/self.signed|unable to (?:verify|get)/i.test(said))
    return 'its certificate is not of an authority known here: name the CA file with tlsCAFile in EVENTSTORE_URL'
  if (/altname/i.test(said))
    return 'its certificate is for another name: EVENTSTORE_URL must name it as the certificate does'
  if (/expired|not yet valid/i.test(said)) return `${error.message}: renew its certificate`
  return /wrong version number|packet length|EPROTO/i.test(said) ? noTls : undefined
}

const shakeHands = ({ host, port }: Endpoint, options: ConnectionOptions): Promise<Heard> =>
  heard(connectTls({ host, port, ALPNProtocols: ['h2'], ...named(host), ...options }), 'secureConnect')

/** An address is no name to ask a certificate for. */
const named = (host: string): { readonly servername?: string } => (/^[\d.]+$|:/.test(host) ? {} : { servername: host })

const sayHello = ({ host, port }: Endpoint): Promise<Heard> => {
  const socket = connectTcp({ host, port })
  socket.once('connect', () => socket.write('GET / HTTP/1.1\r\nhost: eventstore\r\n\r\n'))
  return heard(socket, 'data')
}

const hangsUp = (outcome: Heard): boolean =>
  outcome === 'end' || (outcome instanceof Error && ['ECONNRESET', 'EPIPE'].includes(outcome.code ?? ''))

type Heard = NodeJS.ErrnoException | Buffer | 'end' | undefined

const heard = (socket: Socket, event: 'secureConnect' | 'data'): Promise<Heard> =>
  new Promise<Heard>((resolve) => {
    socket.setTimeout(knockMs, () => {
      resolve(undefined)
    })
    socket.once('error', resolve)
    socket.once('end', () => {
      resolve('end')
    })
    socket.once(event, (bytes?: Buffer) => {
      resolve(bytes)
    })
  }).finally(() => {
    socket.on('error', () => undefined)
    socket.destroy()
  })
