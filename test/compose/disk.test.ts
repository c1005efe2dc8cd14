/** A server whose disk fails or fills up while it serves: it says so, acknowledges nothing, and goes on by itself if it can. */
import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { forging, founded, forgedMessage } from '../faults/forgers.js'
import type { ForgingResident } from '../faults/forgers.js'
import { openHouse } from '../faults/house.js'
import type { RealHouse } from '../faults/house.js'
import { bring, howFar } from '../api/assets/resuming.js'
import { fileOf, reserved, upload } from '../api/assets/sharing.js'
import { at } from '../api/groupPeople.js'

const run = (program: string, ...args: readonly string[]): void => void execFileSync(program, args, { stdio: 'ignore' })

describe('a server that serves, and whose disk', () => {
  let directory: string
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'homeserver-disk-'))
  })
  afterEach(() => rm(directory, { recursive: true, force: true }))

  type Ready = { readonly ready: boolean; readonly reasons: readonly string[] }
  const readyz = async (url: string): Promise<Ready> => (await (await fetch(`${url}/readyz`)).json()) as Ready
  const refusing = async (url: string): Promise<string | undefined> =>
    /^mls_homeserver_log_refuses_writes (\d)$/m.exec(await (await fetch(`${url}/metrics`)).text())?.[1]
  const sending = async (house: RealHouse) => {
    const by: ForgingResident = forging(house, await house.register())
    const { group } = await founded(house, by)
    return { by, send: () => house.ask(by, 'POST', at(group, '/messages'), { mls: forgedMessage(group, 0n) }) }
  }
  const skipped = (test: Mocha.Context, why: string): void => {
    console.log(`      skipped: ${why}`)
    test.skip()
  }

  it('fails: nothing is acknowledged, it says so everywhere, and ends with 74 in a while when told to', async function () {
    const house = await openHouse({ READ_ONLY_EXIT_S: '2' })
    const { url, pid } = house.server
    const { by, send } = await sending(house)
    expect((await send()).status).to.equal(201)
    expect([(await readyz(url)).ready, await refusing(url)]).to.deep.equal([true, '0'])
    try {
      // From now on every write beyond the first bytes of a file fails.
      run('prlimit', '--pid', String(pid), '--fsize=100')
    } catch {
      await house.close()
      skipped(this, 'there is no prlimit here')
    }
    const answer = await send()
    expect([answer.status, answer.body['code']]).to.deep.equal([503, 'store-unavailable'])
    const { ready, reasons } = await readyz(url)
    expect(ready).to.equal(false)
    expect(reasons.join()).to.match(/the log takes no writes: the log is read-only since a write failed/)
    expect(await refusing(url)).to.equal('1')
    expect((await house.ask(by, 'GET', '/v1/users/me')).status).to.equal(200)
    const serves = (): Promise<boolean> =>
      fetch(`${url}/livez`).then(
        () => true,
        () => false,
      )
    while (await serves()) await new Promise((resolve) => setTimeout(resolve, 50))
    expect(await house.close()).to.equal(74)
    expect(house.server.log()).to.match(/"the log cannot be written"/)
    expect(house.server.log()).to.match(/^homeserver: the log is read-only since a write failed/m)
  })

  it('is full: nothing is acknowledged, and it goes on by itself when there is room, though nobody asks for anything', async function () {
    const disk = join(directory, 'disk')
    await mkdir(disk)
    try {
      run('mount', '-t', 'tmpfs', '-o', 'size=24m,mode=700', 'tmpfs', disk)
    } catch {
      skipped(this, 'this user may not mount a disk')
    }
    const house = await openHouse({ DATA_DIR: join(disk, 'data') })
    const { url } = house.server
    try {
      const { send } = await sending(house)
      const ballast = join(disk, 'ballast')
      const fill = (): void => {
        run('sh', '-c', `dd if=/dev/zero of=${ballast} bs=4k oflag=append conv=notrunc 2>/dev/null || true`)
      }
      fill()
      const refused = async (): Promise<void> => {
        for (;;) {
          const { status, body } = await send()
          fill()
          if (status === 201) continue
          expect([status, body['code']]).to.deep.equal([507, 'storage-full'])
          return
        }
      }
      await refused()
      expect((await readyz(url)).reasons.join()).to.match(/the log takes no writes: .*full/)
      expect(await refusing(url)).to.equal('1')
      const failed: unknown = await house.register().catch((error: unknown) => error)
      expect(String(failed)).to.match(/507 instead of 20\d.*storage-full/)
      await rm(ballast)
      while (!(await readyz(url)).ready) await new Promise((resolve) => setTimeout(resolve, 50))
      expect(await refusing(url)).to.equal('0')
      expect((await send()).status).to.equal(201)
      expect(house.server.log()).to.match(/the log cannot be written.*\n(.*\n)*.*the log takes writes again/)
    } finally {
      await house.close()
      run('umount', '-l', disk)
    }
  })

  it('is full: an upload is told so, leaves nothing, and comes when there is room', async function () {
    const disk = join(directory, 'disk')
    await mkdir(disk)
    try {
      run('mount', '-t', 'tmpfs', '-o', 'size=48m,mode=700', 'tmpfs', disk)
    } catch {
      skipped(this, 'this user may not mount a disk')
    }
    const house = await openHouse({ DATA_DIR: join(disk, 'data') })
    try {
      const alice = await house.register()
      const file = fileOf(10 * 1024 * 1024)
      const [plain, resumable] = [await reserved(house, alice, file), await reserved(house, alice, file)]
      const ballast = join(disk, 'ballast')
      run('sh', '-c', `dd if=/dev/zero of=${ballast} bs=1M 2>/dev/null || true; truncate -s -6M ${ballast}`)
      const put = await upload(house, alice, plain, file.bytes)
      expect([put.status, put.body['code']]).to.deep.equal([507, 'storage-full'])
      const patch = await bring(house, alice, resumable, 0, file.bytes)
      expect([patch.status, patch.body['code']]).to.deep.equal([507, 'storage-full'])
      expect(filesIn(join(disk, 'data', 'assets', 'incoming'))).to.equal(0)
      // Of the resumable one its first part.
      expect(filesIn(join(disk, 'data', 'assets', 'parts'))).to.equal(1)
      await rm(ballast)
      expect((await upload(house, alice, plain, file.bytes)).status).to.equal(201)
      const came = Number((await howFar(house, alice, resumable)).headers.get('upload-offset'))
      expect(came).to.equal(4 * 1024 * 1024)
      expect((await bring(house, alice, resumable, came, file.bytes.subarray(came))).status).to.equal(204)
    } finally {
      await house.close()
      run('umount', '-l', disk)
    }
  })
})

const filesIn = (directory: string): number =>
  readdirSync(directory, { recursive: true, withFileTypes: true }).filter((one) => one.isFile()).length
