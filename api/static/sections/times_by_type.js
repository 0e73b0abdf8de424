// How long computing takes, by task type.

import { cell, h, list } from '../dom.js'
import { count, duration } from '../format.js'

const LOWEST_S = 0.01
const HIGHEST_S = 100

/** Every task type, in the order of the catalogue. */
export function drawTimes(course, span) {
  const items = course.types.map(({ name, computations, median, p95 }) => ({ name, computations, median, p95 }))
  list(document.querySelector('#times tbody'), items, { key: ({ name }) => name, draw })
  for (const note of document.querySelectorAll('.range-note')) note.textContent = `in ${span}`
}

function draw({ name, computations, median, p95 }) {
  return h('tr', {},
    h('th', { scope: 'row' }, name),
    cell(count(computations), computations ? 'num' : 'num zero'),
    cell(duration(median), median === null ? 'num zero' : 'num'),
    cell(duration(p95), p95 === null ? 'num zero' : 'num'),
    h('td', { class: 'scale' }, spread(median, p95)))
}

function spread(median, p95) {
  if (median === null) return h('div', { class: 'spread' })
  const [from, to] = [median, p95].map(place)
  return h('div', { class: 'spread', role: 'img', 'aria-label': `median ${duration(median)}, 95th percentile ${duration(p95)}` },
    h('span', { class: 'from-to', style: { left: `${from}%`, width: `${Math.max(to - from, 0.5)}%` } }),
    h('span', { class: 'median', style: { left: `${from}%` } }))
}

/** Where a time stands on the scale, in percent; each step of four is ten times as long. */
function place(seconds) {
  const share = Math.log(seconds / LOWEST_S) / Math.log(HIGHEST_S / LOWEST_S)
  return Math.max(0, Math.min(1, share)) * 100
}
