// examples/rust: OpenMLS as a member of a group of an SDK client: both talk, it commits, comes back, is removed.
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { CannotHave } from './cannotHave.mjs'
import { expectLines } from './expectLines.mjs'
import { outputOf } from './program.mjs'
import { cache, example, lastLine } from './tools.mjs'

/** Some two minutes where nothing else runs. */
const buildLimitMs = 1_200_000

const memberSays = (handle) => [
  `registered ${handle}, waiting to be added to a group`,
  'joined at epoch 1',
  'reads: Hello Rust!',
  'reads: Please update your keys.',
  'updated, epoch 2',
  'followed a Commit to epoch 3',
  'reads: Now lose everything.',
  'lost everything, came back by an external Commit, epoch 4',
  'reads: Goodbye.',
  'removed',
]

const partnerSays = [
  'reads at epoch 1: Hello from OpenMLS! (a reply)',
  'signalled 5000 times',
  'reads at epoch 2: I have fresh keys.',
  'reads at epoch 4: I am back.',
  'removed it, 1 member is left',
]

export const rust = {
  name: 'rust',
  prepare: async () => {
    const cargo = process.env['CARGO'] ?? 'cargo'
    const env = { CARGO_TARGET_DIR: join(cache, 'rust') }
    const manifest = ['--locked', '--manifest-path', example('rust', 'Cargo.toml')]
    await outputOf(cargo, ['--version']).catch(() => {
      throw new CannotHave(`${cargo} is not here`)
    })
    await outputOf(cargo, ['fetch', ...manifest], { env }).catch((error) => {
      throw new CannotHave(`its packages cannot be had: ${lastLine(error)}`)
    })
    await outputOf(cargo, ['build', '--quiet', ...manifest], { env, limitMs: buildLimitMs })
    return join(env.CARGO_TARGET_DIR, 'debug', 'mls-homeserver-member')
  },
  run: async (program, { url }) => {
    const handle = `rusty-${randomBytes(4).toString('hex')}`
    const [member, partner] = await Promise.all([
      outputOf(program, [url, handle]),
      outputOf(process.execPath, [example('rust', 'partner.mjs'), url, handle]),
    ])
    expectLines(member, memberSays(handle))
    expectLines(partner, partnerSays)
    return `${member.split('\n').length + partnerSays.length} lines as expected`
  },
}
