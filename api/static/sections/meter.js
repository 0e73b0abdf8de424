// A share as a bar with its figure.

import { h } from '../dom.js'
import { percent } from '../format.js'

const width = (share) => `${Math.max(0, Math.min(1, share)) * 100}%`

/** A share of one; `goal` is a mark to compare with, `rest` says that what is missing was lost. */
export function meter(share, label, { goal = null, rest = false } = {}) {
  if (share === null || share === undefined) return h('span', { class: 'zero' }, '–')
  const parts = [h('span', { class: 'part', style: { width: width(share) } })]
  if (rest) parts.push(h('span', { class: 'rest', style: { width: width(1 - share) } }))
  if (goal !== null) parts.push(h('span', { class: 'goal', style: { left: width(goal) } }))
  const track = h('span', { class: goal === null ? 'track' : 'track over', role: 'img', 'aria-label': `${label}: ${percent(share)}` }, parts)
  return h('span', { class: 'bar' }, track, h('span', { class: 'said', 'aria-hidden': true }, percent(share, 0)))
}
