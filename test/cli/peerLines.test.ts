/** Another server's own words, in the lines that its operator reads. */
import { expect } from 'chai'
import { lineOfPeer } from '#src/cli/operators/peerLines.js'
import { parseDomain } from '#src/mls/wire/ids.js'

describe('a line of another server', () => {
  it('shows what that wrote, and lets it move no terminal', () => {
    const line = lineOfPeer({
      ...{ domain: parseDomain('b.example')!, policy: 'byDefault', state: 'ok', stopped: 1, broken: 0 },
      backlog: { items: 0, messages: 0, bytes: 0, groups: 0 },
      lastError: { at: 0, error: 'go\u009b2Jaway\u007f' },
    })
    expect(line).to.equal('b.example byDefault ok stopped 1 error 1970-01-01T00:00:00.000Z "go?2Jaway?"')
  })
})
