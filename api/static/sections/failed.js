// What failed or was set aside, to be run again or dropped.

import { send } from '../api.js'
import { sure } from '../asking.js'
import { h, list, say, toast } from '../dom.js'
import { count, plural } from '../format.js'
import { pageOf } from '../frame.js'
import { since } from '../times.js'

const PATH = '/api/precompute/failed'
const DROPPING = { consequence: 'Its reason is forgotten, and it is computed when somebody asks for it again.', yes: 'Drop', no: 'Keep' }
let shown = []

document.getElementById('retry-all')?.addEventListener('click', (event) => see(event.currentTarget, 'retry', shown.map(({ key }) => key)))

/** The latest first. */
export function drawFailed(figures) {
  shown = figures.failures
  const counts = Object.values(figures.failure_counts)
  const [failed, aside] = ['failed', 'set_aside'].map((name) => counts.reduce((sum, each) => sum + each[name], 0))
  const note = aside ? `${count(failed)} failed, ${count(aside)} of them set aside` : `${count(failed)} failed`
  say(document.getElementById('failed-note'), failed ? note : '')
  document.getElementById('retry-all').hidden = shown.length < 2
  list(document.getElementById('failed'), shown, { key: ({ key }) => key, draw: failure, empty })
}

function empty() {
  return h('li', { class: 'empty-list' }, h('p', {}, 'No task has failed in the last day.'), h('p', {}, 'What fails shows here with its reason, to be run again or dropped.'))
}

/** One failure with its reason and its two buttons. */
export function failure({ key, subject, id, code, message, failed_at: failedAt, deliveries, set_aside: aside }) {
  const type = key.split(':')[0]
  const again = h('button', { type: 'button', 'aria-label': `Run ${key} again`, click: (event) => see(event.currentTarget, 'retry', [key]) }, 'Run again')
  const drop = h('button', { type: 'button', 'aria-label': `Drop ${key}`, click: (event) => see(event.currentTarget, 'drop', [key]) }, 'Drop')
  return h('li', {},
    h('p', { class: 'what' }, h('a', { class: 'key', href: pageOf(subject, id, type) }, `${type} · ${subject} ${id}`),
      h('span', { class: 'soft when' }, since(failedAt)),
      aside ? h('span', { class: 'tag', 'data-tone': 'bad' }, `set aside after ${plural(deliveries, 'delivery', 'deliveries')}`) : null),
    h('p', { class: 'why' }, `${message} (${code})`),
    h('p', { class: 'does' }, again, drop))
}

/** Have keys run again, or forget that they failed; the page shows by itself what comes of it. */
export async function see(button, what, keys) {
  // A button that is disabled loses the focus.
  if (button.ariaBusy === 'true' || (what === 'drop' && !(await sure(`Drop ${keys.join(', ')}?`, DROPPING)))) return
  button.ariaBusy = 'true'
  try {
    const answer = what === 'retry' ? await send('POST', `${PATH}/retry`, { keys }) : await send('DELETE', PATH, { keys })
    const done = what === 'retry' ? answer.retried : answer.dropped
    const refused = answer.results.find((result) => !result.success)
    toast(refused && !done ? refused.error.message : `${plural(done, 'task')} ${what === 'retry' ? 'queued again' : 'dropped'}`)
  } catch (problem) {
    toast(`Nothing was done: ${problem.message}`)
  } finally {
    button.ariaBusy = 'false'
  }
}
