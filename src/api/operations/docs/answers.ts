/** What a route answers: how it looks when all is well, and the problems that it may be refused with. */
import { escapeHtml } from '../escapeHtml.js'
import { jsonOf } from './code.js'
import { nameIn, typeOf } from './schemas.js'
import type { Answer, Entry, ShownDocument } from './shownDocument.js'
import { prose } from './text.js'

type Statuses = readonly (readonly [status: string, answer: Answer])[]

export const answersOf = ({ operation }: Entry, { components }: ShownDocument): Statuses =>
  Object.entries(operation.responses).map(([status, answer]) => [
    status,
    '$ref' in answer ? (components.responses[nameIn(answer)] ?? { description: '' }) : answer,
  ])

const isProblem = ({ content = {} }: Answer): boolean => 'application/problem+json' in content

export const exampleAnswers = (answers: Statuses): string =>
  answers
    .filter(([, answer]) => !isProblem(answer))
    .map(([status, { content = {} }]) => jsonOf(`Answer ${status}`, content['application/json']?.example))
    .join('')

export const wellAnswered = (answers: Statuses): string =>
  answers
    .filter(([, answer]) => !isProblem(answer))
    .map(
      ([status, { description, content = {} }]) =>
        `<p class="answer"><b>${status}</b> ${prose(description)}${Object.entries(content)
          .map(([media, { schema }]) => `<br><code>${escapeHtml(media)}</code> ${typeOf(schema)}`)
          .join('')}</p>`,
    )
    .join('')

export const refusalsOf = (answers: Statuses): string => {
  const refusals = answers.filter(([, answer]) => isProblem(answer))
  return `<details class="refusals"><summary>Refusals <span class="type">${refusals.map(([status]) => status).join(' ')}</span></summary><dl>${refusals
    .map(([status, { description }]) => `<dt>${status}</dt><dd>${prose(description).replaceAll('\n\n', '<br>')}</dd>`)
    .join('')}</dl></details>`
}
