// What is wrong now, first of all that the page's own source is away.

import { h, list } from '../dom.js'
import { since } from '../times.js'

const WAITS = 'What is shown is the last that was known; the page comes back by itself.'

/** Outages of what the service needs, then its alerts, or that there are none. */
export function drawAlerts(figures) {
  const down = Object.entries(figures.checks)
    .filter(([, what]) => what !== 'ok')
    .map(([part, what]) => ({ name: `The ${part} is down`, summary: part === 'cache' ? `${what}. ${WAITS}` : what, level: 'alert' }))
  const firing = (figures.alerts ?? []).map((alert) => ({ ...alert, level: 'alert' }))
  const told = [...down, ...firing]
  const items = told.length ? told : [{ name: 'All well', summary: 'No alert is active.', level: 'good' }]
  list(document.querySelector('.alert-list'), items, { key: (alert) => `${alert.name}${JSON.stringify(alert.labels ?? {})}`, draw })
}

function draw({ name, summary, level, since: began }) {
  return h('li', { class: 'alert', 'data-level': level }, h('strong', {}, name.replaceAll('_', ' ')), h('span', {}, summary), began ? since(began) : null)
}
