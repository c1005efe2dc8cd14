/** What the program and its commands say of themselves, and README with the same words. */
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { commands } from '#src/cli/commands.js'
import { noProgress } from '#src/cli/progress.js'
import { runCommand } from '#src/cli/runCommand.js'
import { exitCodesLine } from '#src/compose/settings/helpText.js'
import { flagOf, settingNames, settings, type Setting } from '#src/compose/settings/settings.js'

const root = new URL('../../../../', import.meta.url)
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8')
const main = fileURLToPath(new URL('dist/main.js', root))
const cli = fileURLToPath(new URL('dist/cli/main.js', root))
const { version } = JSON.parse(read('package.json')) as { readonly version: string }

type Ended = { readonly code: number; readonly out: string; readonly err: string }
const run = (file: string, args: readonly string[], settingsGiven: Record<string, string> = {}): Promise<Ended> =>
  new Promise((resolve) => {
    const env = { PATH: process.env['PATH'], ...settingsGiven }
    execFile(process.execPath, [file, ...args], { env }, (error, out, err) => {
      resolve({ code: error === null ? 0 : Number(error.code), out, err })
    })
  })

describe('the program', () => {
  it('lists every setting with its flag and default, also where the settings are wrong', async () => {
    const { code, out, err } = await run(main, ['--help'], { PORT: 'wrong' })
    expect([code, err]).to.deep.equal([0, ''])
    for (const name of settingNames) {
      const { help, default: preset, otherwise }: Setting = settings[name]
      const line = out.split('\n').find((one) => one.startsWith(`  --${flagOf(name)} `))
      expect(line, name).to.include(`${help} (${preset ?? otherwise ?? 'nothing'})`)
    }
    expect(out).to.include(exitCodesLine)
  })

  it('says its version, the one of package.json', async () => {
    for (const file of [main, cli])
      expect(await run(file, ['--version'])).to.deep.equal({ code: 0, out: `mls-homeserver ${version}\n`, err: '' })
  })

  it('refuses words that are no flags', async () => {
    expect(await run(main, ['serve', '--port', 'x'])).to.deep.include({ code: 78, out: '' })
    expect((await run(main, ['serve', '--port', 'x'])).err.trimEnd().split('\n')).to.have.length(2)
  })
})

/** The same in this process: a hundred starts of Node say no more. */
const homeserver = async (...args: readonly string[]): Promise<Ended> => {
  const [out, err]: [string[], string[]] = [[], []]
  const code = await runCommand(args, {
    env: { PATH: process.env['PATH'] },
    say: (line) => out.push(`${line}\n`),
    note: (line) => err.push(`${line}\n`),
    complain: (line) => err.push(`homeserver: ${line}\n`),
    progress: noProgress,
  })
  return { code, out: out.join(''), err: err.join('') }
}

describe('homeserver', () => {
  it('lists its commands, and with no command or an unknown one ends with 64', async () => {
    const { code, out } = await run(cli, ['--help'])
    expect(code).to.equal(0)
    for (const [name, { summary }] of Object.entries(commands)) expect(out).to.include(name).and.include(summary)
    expect(await run(cli, [])).to.deep.equal({ code: 64, out: '', err: out })
    const exploded = await homeserver('events', 'explode')
    expect([exploded.code, exploded.out]).to.deep.equal([64, ''])
    const told = exploded.err.split('\n').filter((line) => line.startsWith('  '))
    expect(told).to.satisfy((lines: readonly string[]) => lines.every((line) => line.startsWith('  events ')))
    expect(told).to.have.length(Object.keys(commands).filter((name) => name.startsWith('events ')).length)
    expect(await homeserver('events', '--help')).to.deep.equal({ code: 0, out: exploded.err, err: '' })
    expect(await homeserver('event', 'list')).to.deep.equal({
      code: 64,
      out: '',
      err: 'homeserver: there is no command "event" (is events meant?): homeserver --help\n',
    })
    expect((await homeserver('nonsense')).err).to.equal(
      'homeserver: there is no command "nonsense": homeserver --help\n',
    )
    expect(await run(cli, ['events', 'show', '1', 'more'])).to.deep.equal({
      code: 64,
      out: '',
      err: 'homeserver: "more" is a word too many: homeserver events show --help\n',
    })
  })

  for (const [name, { words, optional, switches, options, example }] of Object.entries(commands)) {
    it(`${name}: tells its words, switches and an example, and its version`, async () => {
      const { code, out } = await homeserver(...name.split(' '), '--help')
      expect(code).to.equal(0)
      expect(out).to.include(`Example: homeserver ${example}`)
      expect(example.startsWith(name)).to.equal(true)
      for (const [word, help] of Object.entries({ ...words, ...optional, ...switches }))
        expect(out).to.include(word).and.include(help)
      for (const [flag, [value, help]] of Object.entries(options ?? {}))
        expect(out).to.include(`--${flag} ${value}`).and.include(help)
      expect((await homeserver(...name.split(' '), '--version')).out).to.equal(`mls-homeserver ${version}\n`)
    })

    it(`${name}: ends with 64 for a word too many or too few, and touches nothing`, async () => {
      const full = [...Object.keys(words), ...Object.keys(optional)]
      const many = await homeserver(...name.split(' '), ...full, 'more')
      expect([many.code, many.err]).to.deep.equal([
        64,
        `homeserver: "more" is a word too many: homeserver ${name} --help\n`,
      ])
      if (Object.keys(words).length > 0) expect((await homeserver(...name.split(' '))).code).to.equal(64)
    })
  }
})

describe('README', () => {
  const readme = read('README.md')

  it('has the table of settings as the program has it', () => {
    const rows = settingNames.map((name) => {
      const { help, default: preset, otherwise }: Setting = settings[name]
      return `| \`${name}\` | ${preset ?? otherwise ?? ''} | ${help} |`
    })
    expect(readme.split('\n').filter((line) => /^\| `[A-Z0-9_]+`/.test(line))).to.deep.equal(rows)
  })

  it('has the exit codes as the program has them', () => {
    expect(readme).to.include(exitCodesLine)
  })
})
