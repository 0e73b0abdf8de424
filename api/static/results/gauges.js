// Figures with their uncertainty, and what moves them.

import { h } from '../dom.js'
import { words } from '../format.js'

const within = (share) => `${100 * Math.max(0, Math.min(1, share))}%`

/** A value within its 80 % interval, on a scale from 0 to `most`. */
export function interval({ value, low, high }, { most, format, label }) {
  const spoken = `${label} ${format(value)}, between ${format(low)} and ${format(high)} with a probability of 80 %`
  return h('span', { class: 'interval', role: 'img', 'aria-label': spoken, title: `${format(low)} to ${format(high)}` },
    h('span', { class: 'from-to', style: { left: within(low / most), width: within((high - low) / most) } }),
    h('span', { class: 'point', style: { left: within(value / most) } }))
}

/** Effects to both sides of nothing, the largest first. */
export function effects(items, { format }) {
  const most = Math.max(...items.map(({ effect }) => Math.abs(effect)), 0.01)
  return h('table', { class: 'rows effects' }, h('tbody', {}, items.map(({ name, effect }) => {
    const width = within(Math.abs(effect) / most / 2)
    const style = effect < 0 ? { right: '50%', width } : { left: '50%', width }
    return h('tr', {}, h('th', { scope: 'row' }, words(name)), h('td', { class: 'both' }, h('span', { class: effect < 0 ? 'down' : 'up', style })), h('td', { class: 'num' }, format(effect)))
  })))
}

/** Points of so many. */
export function points(value, most) {
  return h('span', { class: 'points', 'aria-hidden': true }, h('span', { style: { width: within(most ? value / most : 0) } }))
}
