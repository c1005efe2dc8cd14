/** One route on the page: what it is, what it takes and answers, and how to ask it. */
import { operatorRole } from '../../../events/operatorRole.js'
import { escapeHtml } from '../escapeHtml.js'
import { answersOf, exampleAnswers, refusalsOf, wellAnswered } from './answers.js'
import { codeOf } from './code.js'
import { exampleRequest } from './exampleRequest.js'
import { fieldOf, fieldsOf, typeOf } from './schemas.js'
import type { Entry, Operation, ShownDocument } from './shownDocument.js'
import { anchorOf } from './shownDocument.js'
import { languages } from './snippets/languages.js'
import { prose } from './text.js'

export const routeArticle = (entry: Entry, document: ShownDocument): string => {
  const { path, method, operation } = entry
  const answers = answersOf(entry, document)
  return `<article id="${anchorOf(entry)}"><header><h3><a href="#${anchorOf(entry)}">${escapeHtml(operation.summary)}</a></h3>
<p class="route"><b class="${method}">${method}</b> <code>${escapeHtml(path).replaceAll('/', '/<wbr>')}</code> <span class="access">${access(operation['x-access'])}</span></p></header>
<div class="what"><p>${prose(operation.description)}</p>${parametersOf(operation)}${bodyOf(operation)}${wellAnswered(answers)}${refusalsOf(answers)}</div>
<div class="examples">${examplesOf(entry, document)}${exampleAnswers(answers)}</div></article>`
}

/** In every language. */
const examplesOf = (entry: Entry, { servers }: ShownDocument): string => {
  const request = exampleRequest(entry, servers[0]?.url ?? '')
  return languages.map(({ id, name, snippetOf }) => codeOf(id, name, snippetOf(request))).join('')
}

const access = (who: string): string => {
  if (who === 'anonymous') return 'no token'
  if (operatorRole.safeParse(who).success) return `operator token, ${who}`
  return who === 'any' ? 'a client’s or a queue’s token' : `${who} token`
}

const parametersOf = ({ parameters }: Operation): string =>
  fieldsOf(
    parameters.map(({ name, in: where, required, description }) =>
      fieldOf({ name, type: where, required, description }),
    ),
  )

const bodyOf = ({ requestBody }: Operation): string => {
  const bodies = Object.entries(requestBody?.content ?? {})
  return bodies.length === 0
    ? ''
    : `<p class="answer"><b>Body</b> ${bodies.map(([media, { schema }]) => `<code>${escapeHtml(media)}</code> ${typeOf(schema)}`).join('<br>')}</p>`
}
