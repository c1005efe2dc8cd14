/** Reporting a message of a group of another server, to that one: it alone can check that it was said. */
import { reportId } from '../../events/report.js'
import { domainOf } from '../../mls/wire/ids.js'
import type { ReportElsewhere } from '../../ports/peers.js'
import type { Rejected } from '../../streams/rejection.js'
import { acceptedHeader } from '../problemHeader.js'
import { reasonOf } from '../reasonCodes.js'
import { reportExtension } from '../reportExtension.js'
import { abuseReport } from '../wire/abuseReport.js'
import { encodeBody } from '../wire/body.js'
import type { Peers } from './client.js'
import { refusedBy } from './heardFromHub.js'
import { PeerUnreachable } from './peerErrors.js'

const answerBytesMax = 16 * 1024
const timeoutMs = 15_000
const serverFrankBytes = 32

/** Throws what `Peers` throws, and PeerUnreachable for an answer that says neither yes nor no. */
export const reportAbuse = async (
  peers: Peers,
  { group, by, accused, fact, content, salt, tag, category, note = '', key }: ReportElsewhere,
): Promise<{ readonly report: string } | Rejected> => {
  const hub = domainOf(group)
  // Hubs give followers no frank: the fact that is named stands for it.
  const frank = { serverFrank: new Uint8Array(serverFrankBytes), cipherSuite: 0, signature: new Uint8Array() }
  const report = {
    reportingUser: by,
    allegedAbuserUri: accused,
    reasonCode: reasonOf(category),
    note,
    messages: [{ content, frank, acceptedTimestamp: 0 }],
    extensions: [reportExtension({ fact, salt, tag })],
  }
  const answer = await peers.ask(hub, {
    method: 'POST',
    endpoint: 'reportAbuse',
    parameters: { roomId: group },
    contentType: 'message/mls',
    headers: { 'idempotency-key': key },
    body: encodeBody(abuseReport, report, content.length + reportRoom),
    bytesMax: answerBytesMax,
    timeoutMs,
  })
  if (answer.status !== 201) return refusedBy(hub, answer)
  const id = reportId.safeParse(answer.headers[acceptedHeader])
  if (!id.success) throw new PeerUnreachable(hub, 'its answer to a report is none', undefined, true)
  return { report: id.data }
}

/** About what a report takes beside the content. */
const reportRoom = 8192
