// Who computes, and how busy they are.

import { cell, h, list, nothing, say } from '../dom.js'
import { count, percent } from '../format.js'
import { meter } from './meter.js'

/** One row for each worker that reported within the last seconds. */
export function drawWorkers(figures) {
  const items = figures.workers.map(({ name, processes, queues, busy }) => ({ name, processes, queues, busy }))
  const empty = nothing(4, 'No worker reports, so nothing is computed.', 'Start one: celery -A workers.app worker, or precompute up for the whole stack.')
  list(document.querySelector('#workers tbody'), items, { key: ({ name }) => name, draw, empty })
  say(document.getElementById('workers-note'), items.length ? `${percent(figures.worker_utilisation, 0)} of their time in the last minute` : '')
}

function draw({ name, processes, queues, busy }) {
  return h('tr', {},
    h('th', { scope: 'row' }, name),
    cell(queues.join(', '), 'kinds soft'),
    cell(count(processes), 'num'),
    h('td', { class: 'meter' }, meter(busy, `${name} busy`)))
}
