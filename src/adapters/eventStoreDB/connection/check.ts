/** What stands between this process and a working EventStoreDB, a line each: for the start, and for `doctor`. */
import featuresService from '@eventstore/db-client/generated/serverfeatures_grpc_pb.js'
import shared from '@eventstore/db-client/generated/shared_pb.js'
import { onAbort } from '../../../ports/abort.js'
import type { Clock } from '../../../ports/clock.js'
import type { Connection } from './connection.js'
import { knock } from './endpoint.js'
import { inTime } from './inTime.js'
import type { Reads } from '../reading/reads.js'
import { isAccessDenied, isUnknownUser, reasonOf } from './storeErrors.js'

export type ServerReport = {
  /** Empty when all is well. */
  readonly reasons: readonly string[]
  /** As the server names it, once it was reached. */
  readonly version?: string
}

type Features = { readonly version: string; readonly batchAppend: boolean; readonly date: string | undefined }

/** The last line under a free licence, and the one that all this was measured with. */
const oldestVersion = [23, 10] as const
const clockSkewMaxMs = 5_000

export type CheckTools = {
  readonly connection: Connection
  readonly reads: Reads
  readonly clock: Clock
  readonly callMs: number
}

export const checkServer = async (tools: CheckTools): Promise<ServerReport> => {
  const { connection, clock, reads } = tools
  const where = `EventStoreDB at ${connection.host}`
  const sent = clock.now()
  let features: Features
  try {
    features = await askFeatures(tools)
  } catch (error) {
    return { reasons: [isAccessDenied(error) ? notAuthorised(where, error) : await unreachable(tools, where, error)] }
  }
  const reasons = [
    wrongVersion(where, features),
    wrongClock(where, features, (sent + clock.now()) / 2),
    await notServing(where, reads),
  ]
  return { reasons: reasons.filter((reason) => reason !== undefined), version: features.version }
}

/** Every HTTP answer carries the server's clock, in whole seconds. */
const askFeatures = ({ connection: { client }, clock, callMs }: CheckTools): Promise<Features> =>
  inTime(clock, callMs, 'asking for the version', (signal) =>
    client['execute'](
      featuresService.ServerFeaturesClient,
      'check',
      (stub) =>
        new Promise<Features>((resolve, reject) => {
          let date: string | undefined
          const call = stub.getSupportedMethods(
            new shared.Empty(),
            ...client['callArguments']({ deadline: callMs }),
            (error, methods) => {
              unlisten()
              if (error !== null) reject(error)
              else
                resolve({
                  version: methods.getEventStoreServerVersion(),
                  batchAppend: methods.getMethodsList().some((method) => /^batchappend$/i.test(method.getMethodName())),
                  date,
                })
            },
          )
          const unlisten = onAbort(signal, () => {
            call.cancel()
          })
          call.on('metadata', (headers) => {
            date = headers.get('date')[0]?.toString()
          })
        }),
    ),
  )

const wrongVersion = (where: string, { version, batchAppend }: Features): string | undefined => {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [oldestMajor, oldestMinor] = oldestVersion
  const old = major < oldestMajor || (major === oldestMajor && minor < oldestMinor)
  return old || !batchAppend
    ? `${where} has the wrong version: ${version}, and ${oldestMajor}.${oldestMinor} or newer is needed`
    : undefined
}

const wrongClock = (where: string, { date }: Features, now: number): string | undefined => {
  const ahead = date === undefined ? NaN : Date.parse(date) + 500 - now
  if (Number.isNaN(ahead) || Math.abs(ahead) <= clockSkewMaxMs) return undefined
  return `the clock of ${where} is ${Math.round(Math.abs(ahead) / 1_000)} s ${ahead > 0 ? 'ahead of' : 'behind'} this machine's`
}

/** The log is open to administrators alone, unless the server was told otherwise. */
const notServing = async (where: string, reads: Reads): Promise<string | undefined> => {
  try {
    await reads.newestOfAll()
    return undefined
  } catch (error) {
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error
    return isAccessDenied(cause) ? notAuthorised(where, cause) : `${where} is not ready: ${reasonOf(error)}`
  }
}

const notAuthorised = (where: string, error: unknown): string =>
  isUnknownUser(error)
    ? `${where} does not take the user and password of EVENTSTORE_URL: mend them there (other than letters and digits percent-encoded), or in the server`
    : `${where} does not authorise this process: its URL needs the credentials of an administrator`

const unreachable = async ({ connection }: CheckTools, where: string, error: unknown): Promise<string> => {
  const advice = await knock(connection.endpoint)
  return `${where} is unreachable: ${advice ?? reasonOf(error)}`
}
