// What every page has: the theme, the way to a result, and how the connection is.

import { say } from './dom.js'

const PAGES = { video: 'videos', campaign: 'campaigns', user: 'users' }

/** Where the results of a subject are shown; `type` leads to one of them. */
export function pageOf(subject, id, type = '') {
  const path = `/${PAGES[subject] ?? 'videos'}/${encodeURIComponent(id)}`
  return type ? `${path}#${encodeURIComponent(type)}` : path
}

/** Set the frame going; `onTheme` is told when the colours change. */
export function frame({ onTheme = () => {} } = {}) {
  const dark = matchMedia('(prefers-color-scheme: dark)')
  dark.addEventListener('change', onTheme)
  document.getElementById('theme').addEventListener('click', () => {
    const now = document.documentElement.dataset.theme ?? (dark.matches ? 'dark' : 'light')
    document.documentElement.dataset.theme = now === 'dark' ? 'light' : 'dark'
    try {
      localStorage.setItem('theme', document.documentElement.dataset.theme)
    } catch {
      // It then holds for this page only.
    }
    onTheme()
  })
  document.getElementById('find').addEventListener('submit', (event) => {
    event.preventDefault()
    const { kind, id } = event.currentTarget.elements
    location.assign(found(kind.value, id.value.trim()))
  })
}

/** An id of the chosen kind, or a cache key, `type:subject:id`. */
export function found(kind, text) {
  const parts = text.split(':')
  if (parts.length === 3 && PAGES[parts[1]]) return pageOf(parts[1], parts[2], parts[0])
  return `/${kind}/${encodeURIComponent(text)}`
}

/** Say how the connection is. */
export function connection(state, text) {
  const element = document.getElementById('live')
  element.dataset.state = state
  say(element.querySelector('.live-text'), text)
}
