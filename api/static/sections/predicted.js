// How often predictions of next actions came true, beside the plainest prediction there is.

import { cell, h, list } from '../dom.js'
import { count, percent } from '../format.js'
import { meter } from './meter.js'

/** The last hour, day and week. */
export function drawPredicted(figures) {
  const items = ['hour', 'day', 'week'].map((window) => {
    const { followed, top_1: top1, top_3: top3, plain_top_1: plain } = figures.prediction_accuracy[window].all
    return { window, followed, top1, top3, plain }
  })
  list(document.querySelector('#predicted tbody'), items, { key: ({ window }) => window, draw })
}

function draw({ window, followed, top1, top3, plain }) {
  const share = (value) => cell(percent(value), value === null ? 'num zero' : 'num')
  return h('tr', {},
    h('th', { scope: 'row' }, window),
    cell(count(followed), followed ? 'num' : 'num zero'),
    share(top1),
    share(plain),
    cell(percent(top3), top3 === null ? 'num zero top3' : 'num top3'),
    h('td', { class: 'meter' }, meter(top1, `right, against ${percent(plain)} of the plain prediction`, { goal: plain })))
}
