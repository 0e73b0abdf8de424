// What has not begun, by queue and task type.

import { cell, h, list } from '../dom.js'
import { count, rough } from '../format.js'

/** Every queue, most urgent first: the rows stay where they are. */
export function drawQueues(figures) {
  const all = figures.waiting.map(({ queue, types }) => ({ queue, types, oldest: figures.oldest_waiting_seconds[queue] }))
  list(document.querySelector('#queues tbody'), all, { key: ({ queue }) => queue, draw })
}

function draw({ queue, types, oldest }) {
  const kinds = Object.entries(types).sort(([, a], [, b]) => b - a)
  const total = kinds.reduce((sum, [, number]) => sum + number, 0)
  const swatch = h('span', { class: 'swatch', style: { background: `var(--queue-${queue})` } })
  return h('tr', {},
    h('th', { scope: 'row' }, swatch, queue),
    h('td', { class: 'kinds' }, h('span', { class: 'types', title: kinds.map(([name, number]) => `${name} ${number}`).join(', ') }, kinds.map(([name, number]) => h('span', {}, name, ' ', h('b', {}, count(number)))))),
    cell(count(total), total ? 'num' : 'num zero'),
    cell(oldest === undefined ? '–' : rough(oldest), oldest === undefined ? 'num zero' : 'num'))
}
