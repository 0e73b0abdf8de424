// The latest results, each with the way to it.

import { cell, h, list, nothing, say } from '../dom.js'
import { bytes, duration, plural, words } from '../format.js'
import { pageOf } from '../frame.js'
import { since } from '../times.js'

const TONES = { prediction: 'accent', refresh: '', event: 'good', warm_up: 'warn' }

/** Newest first. */
export function drawLatest(figures) {
  const empty = nothing(6, 'Nothing has been computed yet.', 'Post an upload, a campaign or a login, or run precompute demo: results show here as they are stored.')
  list(document.querySelector('#latest tbody'), figures.latest, { key: ({ key, at }) => `${key} ${at}`, draw, empty })
  const total = Object.values(figures.computations).reduce((sum, number) => sum + number, 0)
  say(document.getElementById('latest-note'), `${plural(total, 'task')} computed since counting began`)
}

function draw({ key, subject, id, at, took_ms: took, cause, bytes: size }) {
  const type = key.split(':')[0]
  return h('tr', {},
    h('th', { scope: 'row' }, h('a', { class: 'key', href: pageOf(subject, id, type) }, type)),
    h('td', {}, h('a', { class: 'key soft', href: pageOf(subject, id) }, `${subject} ${id}`)),
    h('td', { class: 'cause' }, h('span', { class: 'tag', 'data-tone': TONES[cause] ?? '' }, words(cause))),
    cell(duration(took / 1000), 'num'),
    cell(bytes(size), 'num size'),
    h('td', { class: 'num soft' }, since(at)))
}
