/** The examples of the documentation's page as a visitor copies them, and what comes of running them. */
import { execFile } from 'node:child_process'

export type Shown = {
  readonly route: string
  readonly language: 'curl' | 'js' | 'python'
  readonly code: string
}

const inHtml = { '&lt;': '<', '&gt;': '>', '&quot;': '"', '&amp;': '&' } as const
const textOf = (html: string): string =>
  html.replaceAll(/&(?:lt|gt|quot|amp);/g, (name) => inHtml[name as keyof typeof inHtml])

/** Of every route, by its name in the document (`get /livez`). */
export const examplesIn = (page: string, routes: readonly string[]): readonly Shown[] =>
  routes.flatMap((route) => {
    const id = route.replace(' ', '').replaceAll(/[^A-Za-z0-9]+/g, '-')
    const article = page.split(`<article id="${id}"`)[1]?.split('</article>')[0] ?? ''
    const figures = article.matchAll(/<figure class="code (curl|js|python)">.*?<pre>(.*?)<\/pre>/gs)
    return [...figures].map(([, language = '', code = '']) => ({
      route,
      language: language as Shown['language'],
      code: textOf(code),
    }))
  })

/** Each runs all of a language in one process: `[code, token]` as JSON in, what it printed and a NUL behind each out. */
const runners = {
  curl: [
    'bash',
    '-c',
    `for ((n = 1; n < $#; n += 2)); do TOKEN=\${!n}; next=$((n + 1)); eval "\${!next}"; printf '\\0'; done`,
    'bash',
  ],
  js: [
    process.execPath,
    '--input-type=module',
    '-e',
    `const given = process.argv.slice(1)
     for (let n = 0; n + 1 < given.length; n += 2) {
       process.env.TOKEN = given[n]
       await import('data:text/javascript,' + encodeURIComponent(given[n + 1] + '\\n//' + n))
       process.stdout.write(String.fromCharCode(0))
     }`,
  ],
  python: [
    'python3',
    '-c',
    `import os, sys
given = sys.argv[1:]
for n in range(0, len(given) - 1, 2):
    os.environ["TOKEN"] = given[n]
    exec(given[n + 1], {})
    print(end=chr(0))`,
  ],
} as const

export type Ran = { readonly status: number; readonly body: string }

/** Runs them one after another, each with its token in the environment, and tells what each printed. */
export const runAll = async (
  language: Shown['language'],
  given: readonly { readonly code: string; readonly token: string }[],
): Promise<readonly Ran[]> => {
  const [program, ...options] = runners[language]
  const codes = given.flatMap(({ token, code }) => [token, code])
  const printed = await new Promise<string>((resolve, reject) => {
    execFile(program, [...options, ...codes, 'end'], { timeout: 120_000, maxBuffer: 2 ** 26 }, (error, out, err) => {
      if (error === null) resolve(out)
      else reject(new Error(`${language} ended after ${out.split('\0').length - 1}:\n${err}`))
    })
  })
  return printed
    .split('\0')
    .slice(0, -1)
    .map(language === 'curl' ? readAnswer : readLine)
}

/** As `curl -i` shows it. */
const readAnswer = (printed: string): Ran => ({
  status: Number(/^HTTP\/1\.1 (\d+)/.exec(printed)?.[1]),
  body: printed.split('\r\n\r\n').slice(1).join('').trim(),
})
const readLine = (printed: string): Ran => ({ status: Number(printed.slice(0, 3)), body: printed.slice(4).trim() })
