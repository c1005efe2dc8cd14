/** The languages that every route has an example in. */
import type { ExampleRequest } from '../exampleRequest.js'
import { curl } from './curl.js'
import { javaScript } from './javaScript.js'
import { python } from './python.js'

export type Language = {
  /** In the page, in small letters. */
  readonly id: string
  readonly name: string
  readonly snippetOf: (request: ExampleRequest) => string
}

export const languages: readonly Language[] = [
  { id: 'curl', name: 'curl', snippetOf: curl },
  { id: 'js', name: 'JavaScript', snippetOf: javaScript },
  { id: 'python', name: 'Python', snippetOf: python },
]
