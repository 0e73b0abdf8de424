// What has not begun, by queue and task type.

import { cell, h, list, nothing, say } from '../dom.js'
import { count, rough } from '../format.js'

/** Every queue that something waits in, most urgent first. */
export function drawQueues(figures) {
  const all = figures.waiting.map(({ queue, types }) => ({ queue, types, oldest: figures.oldest_waiting_seconds[queue] }))
  const items = all.filter(({ types }) => Object.keys(types).length)
  const empty = nothing(4, 'Nothing waits: every task that was asked for has begun.')
  list(document.querySelector('#queues tbody'), items, { key: ({ queue }) => queue, draw, empty })
  say(document.getElementById('queues-note'), `drained in the order ${all[0].queue} to ${all.at(-1).queue}`)
}

function draw({ queue, types, oldest }) {
  const kinds = Object.entries(types).sort(([, a], [, b]) => b - a)
  const total = kinds.reduce((sum, [, number]) => sum + number, 0)
  const swatch = h('span', { class: 'swatch', style: { background: `var(--queue-${queue})` } })
  return h('tr', {},
    h('th', { scope: 'row' }, swatch, queue),
    h('td', { class: 'kinds' }, h('span', { class: 'types' }, kinds.map(([name, number]) => h('span', {}, name, ' ', h('b', {}, count(number)))))),
    cell(count(total), 'num'),
    cell(oldest === undefined ? '–' : rough(oldest), 'num'))
}
