/** The chat page: a demonstration on the SDK, for whoever sits at this machine, or for all where the operator wants that. */
import { readFileSync } from 'node:fs'
import type { Express, Request } from 'express'
import { isLocal } from '../http/address/local.js'
import type { Hosts } from '../http/address/hosts.js'
import { refuseOtherMethods } from '../http/otherMethods.js'
import { sendProblem } from '../http/reply.js'
import { sendDocument, sharedDocument } from './document.js'
import { pageStyle } from './pageStyle.js'

export type ChatFor = 'nobody' | 'local' | 'everybody'

export type ChatDependencies = {
  readonly chatFor: ChatFor
  readonly publicUrl: () => string
  readonly hosts: Hosts
}

const styleFile = 'style.css'
/** What wakes the page's person while it is closed. */
const workerPath = '/chat/wake.js'
const files = {
  '/chat': ['index.html', 'html'],
  '/chat/chat.js': ['chat.js', 'js'],
  [workerPath]: ['wake.js', 'js'],
  '/chat/style.css': [styleFile, 'css'],
  '/chat/icon.svg': ['icon.svg', 'svg'],
  '/chat/manifest.webmanifest': ['manifest.webmanifest', 'application/manifest+json'],
} as const

/** Everything from here; the websocket where discovery says it is, which may be another name of this machine. */
const policyAt = (url: string): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    "worker-src 'self'",
    "style-src 'self'",
    "img-src 'self' blob:",
    "manifest-src 'self'",
    `connect-src 'self' ${new URL(url).origin.replace(/^http/, 'ws')}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    // The one rule by which the page names its service worker.
    'trusted-types chat-worker',
  ].join('; ')

/** The service worker asks its own server, and does nothing else. */
const policyOfWorker = "default-src 'none'; connect-src 'self'"

/** Its colours are those of the server's other pages. */
const textOf = (file: string): string =>
  file === styleFile
    ? pageStyle('../../chat/style.css')
    : readFileSync(new URL(`../../chat/${file}`, import.meta.url), 'utf8')

export const mountChat = (app: Express, { chatFor, publicUrl, hosts }: ChatDependencies): void => {
  if (chatFor === 'nobody') return
  const mayOpen = (request: Request): boolean => chatFor === 'everybody' || isLocal(request)
  for (const [path, [file, type]] of Object.entries(files)) {
    const made = sharedDocument(() => textOf(file))
    app.all(path, (request, response, next) => {
      const refused = hosts.misdirected(request)
      if (refused !== undefined) sendProblem(response, refused.rejected)
      else if (mayOpen(request)) next()
      else sendProblem(response, { code: 'no-such-route' })
    })
    app.get(path, (request, response) => {
      const policy = path === workerPath ? policyOfWorker : policyAt(publicUrl())
      response.set({ 'content-security-policy': policy, 'referrer-policy': 'no-referrer' })
      sendDocument(request, response, type, made(''))
    })
    refuseOtherMethods(app, path, { methods: ['get'] }, hosts)
  }
}
