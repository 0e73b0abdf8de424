// The frame of one result: how it stands, what it says, and its JSON.

import { h } from '../dom.js'
import { rough, words } from '../format.js'
import { failure } from '../sections/failed.js'
import { since } from '../times.js'

export const TONES = { ready: 'good', running: 'accent', queued: 'accent', failed: 'bad', missing: '' }

/** A task with its result, if there is one; `view` draws that. */
export function panel(task, view) {
  const type = task.task_type
  const header = h('header', {}, h('h2', {}, words(type)), h('p', { class: 'aside' }, standing(task)))
  const body = task.entry ? [h('div', { class: 'body' }, view(task.entry.result)), raw(task)] : [absent(task)]
  const again = task.state === 'failed' && task.entry ? [h('ul', { class: 'items' }, failed(task))] : []
  return h('section', { class: `panel result ${type}`, id: type, tabindex: -1, 'aria-label': words(type) }, header, again, body)
}

function standing({ entry, state }) {
  if (!entry) return ''
  const left = (new Date(entry.stale_at) - Date.now()) / 1000
  const age = entry.stale || left <= 0 ? 'stale' : `fresh for ${rough(left)}`
  const more = state === 'running' || state === 'queued' ? ', being computed anew' : ''
  return [since(entry.computed_at), ` · ${age}${more}`]
}

function absent(task) {
  if (task.state === 'failed') return h('ul', { class: 'items' }, failed(task))
  const told = {
    queued: ['It is queued and comes as soon as a worker is free.'],
    running: [`It is being computed${task.progress ? `: ${Math.round(task.progress * 100)} %` : ''}.`],
  }[task.state] ?? ['Not computed, or gone from the cache.', `A trigger computes it; so does whoever posts one for this id.`]
  return h('div', { class: 'empty-list' }, told.map((sentence) => h('p', {}, sentence)))
}

function failed({ cache_key: key, error, finished_at: failedAt }) {
  const [, subject, id] = key.split(':')
  return failure({ key, subject, id, code: error.code, message: error.message, failed_at: failedAt, set_aside: false })
}

function raw({ cache_key: key, entry }) {
  const text = h('pre', { tabindex: 0, 'aria-label': 'JSON' })
  const open = (event) => {
    if (event.currentTarget.open) text.textContent = JSON.stringify(entry.result, null, 2)
  }
  return h('details', { toggle: open }, h('summary', {}, 'JSON ', h('span', { class: 'mono soft' }, key)), text)
}
