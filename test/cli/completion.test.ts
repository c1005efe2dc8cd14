/** `homeserver completion`: what a real bash offers after each word, by the tables of the commands. */
import { execFile } from 'node:child_process'
import { expect } from 'chai'
import { commands } from '#src/cli/commands.js'
import { bashCompletion } from '#src/cli/completion/bash.js'
import { fishCompletion } from '#src/cli/completion/fish.js'
import { completionsOf } from '#src/cli/completion/table.js'
import { zshCompletion } from '#src/cli/completion/zsh.js'
import { homeserver } from './keys/house.js'

const script = bashCompletion(completionsOf(commands))

/** As bash itself calls it when somebody presses Tab at the end of the words. */
const offered = (...lines: readonly (readonly string[])[]): Promise<readonly (readonly string[])[]> =>
  new Promise((resolve, reject) => {
    const asks = lines.map(
      (words) => `
COMP_WORDS=(homeserver ${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length}
_homeserver; echo "\${COMPREPLY[*]}"`,
    )
    const program = `${script}\ncomplete -p homeserver >/dev/null || exit 1${asks.join('')}`
    execFile('bash', ['--norc', '-c', program], { cwd: '/' }, (error, out, said) => {
      if (error !== null || said !== '') reject(new Error(`${error?.message ?? ''} ${said}`))
      else
        resolve(
          out
            .replace(/\n$/, '')
            .split('\n')
            .map((line) => (line === '' ? [] : line.split(' '))),
        )
    })
  })

describe('completion', () => {
  it('offers in bash the first words, those that follow, and those that begin so', async () => {
    const [first, keys, begun, root, alone] = await offered(
      [''],
      ['keys', ''],
      ['keys', 'r'],
      ['keys', 'root', ''],
      ['doctor', ''],
    )
    expect(first).to.deep.equal([...new Set(Object.keys(commands).map((name) => name.split(' ')[0]))])
    expect(keys).to.deep.equal(['init', 'list', 'prepare', 'rotate', 'root', 'federation', 'frank'])
    expect(begun).to.deep.equal(['rotate', 'root'])
    expect(root).to.deep.equal(['successor'])
    expect(alone).to.deep.equal([])
  })

  it('offers in bash the flags of the command, its words where there are a few, and values of flags', async () => {
    const [flags, kinds, shells, between, choice, directories, nothing] = await offered(
      ['keys', 'rotate', '--'],
      ['keys', 'rotate', ''],
      ['completion', 'f'],
      ['--data-dir', '/tmp', 'keys', ''],
      ['doctor', '--registration', ''],
      ['doctor', '--data-dir', '/us'],
      ['doctor', '--port', ''],
    )
    expect(flags).to.include.members(['--at-once', '--json', '--why', '--root-key', '--keys-dir', '--help'])
    expect(kinds).to.deep.equal(['token', 'sealing', 'intermediate', 'push'])
    expect(shells).to.deep.equal(['fish'])
    expect(between).to.include('list')
    expect(choice).to.deep.equal(['open', 'closed', 'invitation'])
    expect(directories).to.deep.equal(['/usr'])
    expect(nothing).to.deep.equal([])
  })

  it('knows every flag of every command, in each shell', () => {
    const scripts = [script, zshCompletion(completionsOf(commands)), fishCompletion(completionsOf(commands))]
    for (const { switches, options = {} } of Object.values(commands))
      for (const flag of [...Object.keys(switches), ...Object.keys(options)])
        for (const text of scripts)
          expect(text).to.satisfy((one: string) => one.includes(`--${flag}`) || one.includes(`-l ${flag} `))
  })

  it('is printed, and refused for another shell', async () => {
    expect(await homeserver({}, 'completion', 'bash')).to.deep.equal({ code: 0, out: script, said: '' })
    expect((await homeserver({}, 'completion', 'tcsh')).code).to.equal(64)
  })
})

describe('every command', () => {
  /** What it prints is a script. */
  const without = ['completion']

  it('prints JSON where it is asked to', () => {
    const lacking = Object.entries(commands).filter(([, { switches }]) => !('json' in switches))
    expect(lacking.map(([name]) => name)).to.deep.equal(without)
  })
})
