/** The style of a page of the server: the colours that all of them share, then its own. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

/** `file`: of CSS, from this folder. */
export const pageStyle = (file: string): string => ['colours.css', file].map(textOf).join('')

const textOf = (file: string): string => readFileSync(new URL(`./${file}`, import.meta.url), 'utf8')

/** What a page may do: show this one style, run what `scripts` allows (by itself nothing), load nothing from elsewhere. */
export const pagePolicy = (style: string, scripts = "'none'"): string =>
  [
    "default-src 'none'",
    `script-src ${scripts}`,
    `style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
  ].join('; ')
