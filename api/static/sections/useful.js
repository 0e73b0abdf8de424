// Whether what was computed was read.

import { cell, h, list, say } from '../dom.js'
import { bytes, count, duration } from '../format.js'
import { meter } from './meter.js'

/** By task type: results that were read before they went, against those that never were. */
export function drawUseful(course, _span, figures) {
  const items = course.types.map(({ name, used, unused }) => ({ name, used, unused, stored: figures.memory[name] ?? null }))
  list(document.querySelector('#useful tbody'), items, { key: ({ name }) => name, draw })
  const causes = Object.values(figures.usefulness).flatMap((by) => Object.values(by))
  const [saved, wasted] = ['saved_seconds', 'wasted_seconds'].map((name) => causes.reduce((sum, each) => sum + each[name], 0))
  say(document.getElementById('useful-note'), `Since counting began, readers were spared ${duration(saved)} of waiting; ${duration(wasted)} went into results that nobody read.`)
}

function draw({ name, used, unused, stored }) {
  const settled = used + unused
  return h('tr', {},
    h('th', { scope: 'row' }, name),
    cell(count(used), used ? 'num' : 'num zero'),
    cell(count(unused), unused ? 'num' : 'num zero'),
    h('td', { class: 'meter' }, meter(settled ? used / settled : null, `${name} read`, { rest: true })),
    cell(stored?.entries ? `${count(stored.entries)} · ${bytes(stored.bytes)}` : '–', stored?.entries ? 'num size' : 'num size zero'))
}
