/** What script adds to the page: search as one types, buttons that copy, a menu that folds when it was used. Served as it is. */
const all = (selector: string): readonly HTMLElement[] => Array.from(document.querySelectorAll<HTMLElement>(selector))
const one = (selector: string): HTMLElement => {
  const found = document.querySelector<HTMLElement>(selector)
  if (found === null) throw new Error(`the page has no ${selector}`)
  return found
}

const box = one('.search')
const input = one('#search') as HTMLInputElement
const told = one('.search [role=status]')
const menu = one('.menu') as HTMLDetailsElement

type Entry = {
  readonly article: HTMLElement
  readonly link: HTMLElement | null
  readonly head: string
  readonly text: string
}

const textOf = (element: Element | null): string => (element?.textContent ?? '').toLowerCase()

const entries: readonly Entry[] = all('article').map((article) => ({
  article,
  link: document.querySelector<HTMLElement>(`.menu li:has(a[href="#${article.id}"])`),
  head: `${textOf(article.querySelector('header'))} ${article.id}`,
  text: textOf(article),
}))

/** By name where a name has all the words, by anything in the text where none has. */
const found = (query: string): ReadonlySet<Entry> => {
  const words = query.toLowerCase().split(/\s+/)
  const having = (text: (entry: Entry) => string): readonly Entry[] =>
    entries.filter((entry) => words.every((word) => text(entry).includes(word)))
  const named = having(({ head }) => head)
  return new Set(named.length > 0 ? named : having(({ text }) => text))
}

const search = (): void => {
  const query = input.value.trim()
  const shown = query === '' ? new Set(entries) : found(query)
  for (const entry of entries) {
    const hidden = !shown.has(entry)
    entry.article.hidden = hidden
    if (entry.link !== null) entry.link.hidden = hidden
  }
  for (const part of all('section, .menu ul'))
    part.hidden = part.querySelector(':scope > :is(article, li):not([hidden]), .schemas > :not([hidden])') === null
  document.body.classList.toggle('searching', query !== '')
  told.textContent = query === '' ? '' : shown.size === 0 ? 'Nothing has all these words' : `${shown.size} found`
}

const clear = (): void => {
  input.value = ''
  search()
}

const readSearch = (): void => {
  box.hidden = false
  input.addEventListener('input', () => {
    search()
    scrollTo({ top: 0 })
  })
  input.addEventListener('keydown', ({ key }) => {
    if (key === 'Escape') clear()
    if (key === 'Enter') one('article:not([hidden]) h3 a').click()
  })
  document.addEventListener('keydown', (event) => {
    const writing = event.target instanceof HTMLInputElement && event.target.type !== 'radio'
    if (event.key !== '/' || writing || event.ctrlKey || event.metaKey || event.altKey) return
    event.preventDefault()
    input.focus()
  })
}

/** What was looked for may lead to what is hidden. */
const followLinks = (): void => {
  document.addEventListener('click', ({ target }) => {
    const link = target instanceof Element ? target.closest('a[href^="#"]') : null
    if (link === null) return
    const to = document.getElementById(link.getAttribute('href')?.slice(1) ?? '')
    if (to?.closest('[hidden]') !== null) clear()
    if (menu.contains(link)) menu.open = false
  })
}

const addCopyButtons = (): void => {
  for (const figure of all('.code')) {
    const button = document.createElement('button')
    const title = textOf(figure.querySelector('figcaption'))
    button.type = 'button'
    button.textContent = 'Copy'
    button.setAttribute('aria-label', `Copy: ${title}`)
    button.addEventListener('click', () => {
      void navigator.clipboard.writeText(figure.querySelector('pre')?.textContent ?? '').then(
        () => {
          tell(button, 'Copied')
        },
        () => {
          tell(button, 'Not allowed')
        },
      )
    })
    figure.querySelector('figcaption')?.append(button)
  }
}

const tell = (button: HTMLButtonElement, text: string): void => {
  button.textContent = text
  setTimeout(() => {
    button.textContent = 'Copy'
  }, 1_500)
}

/** A visitor's language is asked for once. */
const keepLanguage = (): void => {
  const kept = 'docs-language'
  for (const radio of all('.languages input') as readonly HTMLInputElement[]) {
    if (radio.id === localStorage.getItem(kept)) radio.checked = true
    radio.addEventListener('change', () => {
      localStorage.setItem(kept, radio.id)
    })
  }
}

readSearch()
followLinks()
// Only where a page may write to the clipboard: on https, and on this machine.
if (isSecureContext) addCopyButtons()
keepLanguage()

export {}
