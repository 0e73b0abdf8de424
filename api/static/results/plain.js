// Any result, for task types that have no view of their own: names and values, lists as tables.

import { h } from '../dom.js'
import { words } from '../format.js'

/** The fields of a result in their order. */
export function plain(result) {
  return h('dl', { class: 'facts' }, Object.entries(result).map(([name, value]) => fact(words(name), shown(value))))
}

/** A name and its value. */
export function fact(name, value) {
  return h('div', {}, h('dt', {}, name), h('dd', {}, value))
}

function shown(value) {
  if (value === null || value === undefined) return '–'
  if (Array.isArray(value)) return value.length ? h('ul', { class: 'plain-list' }, value.slice(0, 50).map((one) => h('li', {}, shown(one))), value.length > 50 ? h('li', { class: 'soft' }, `and ${value.length - 50} more`) : null) : 'none'
  if (typeof value === 'object') return Object.entries(value).map(([name, one]) => `${words(name)}: ${typeof one === 'object' ? JSON.stringify(one) : one}`).join(' · ')
  return String(value)
}
