// Everything there is about a video, a campaign or a user, in the order in which one wants to know it.

import { events, first, get } from './api.js'
import { h, list, say } from './dom.js'
import { words } from './format.js'
import { connection, frame, pageOf } from './frame.js'
import { campaignViews } from './results/campaign.js'
import { plain } from './results/plain.js'
import { panel, TONES } from './results/panel.js'
import { timeline } from './results/timeline.js'
import { userViews } from './results/user.js'
import { videoViews } from './results/video.js'

const VIEWS = { ...videoViews, ...campaignViews, ...userViews }
const ORDER = Object.keys(VIEWS)
const LOOK_AGAIN_MS = 10_000

const root = document.getElementById('results')
const { subject, id } = root.dataset
const path = `${subject}/${encodeURIComponent(id)}`
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

function show(told) {
  const { title, user_id: owner } = told.about
  say(root.querySelector('h1'), title ?? id)
  const about = root.querySelector('#about')
  const of = owner && subject !== 'user' ? [' of ', h('a', { href: pageOf('user', owner) }, owner)] : []
  about.replaceChildren(`${subject} ${id}`, ...of)
  const tasks = told.tasks.toSorted((a, b) => place(a) - place(b))
  list(document.getElementById('states'), tasks.map(({ task_type: type, state, progress }) => ({ type, state, progress })), { key: ({ type }) => type, draw: chip })
  const results = Object.fromEntries(tasks.map((task) => [task.task_type, task.entry?.result ?? null]))
  const sections = tasks.map((task) => ({ name: task.task_type, task, beside: beside(task.task_type, results) }))
  if (subject === 'video' && results.scene_detection) sections.unshift({ name: 'timeline', results })
  list(document.getElementById('sections'), sections, { key: ({ name }) => name, draw: section })
}

const place = ({ task_type: type }) => (ORDER.includes(type) ? ORDER.indexOf(type) : ORDER.length)

/** What a view needs besides its own result. */
function beside(type, results) {
  if (type === 'thumbnail_generation') return { faces: results.face_detection?.samples ?? [] }
  if (type === 'variant_generation') return { scores: results.variant_scoring?.scores ?? [] }
  return null
}

function section({ name, task, results, beside: more }) {
  if (name === 'timeline') return timeline(results)
  const view = VIEWS[name] ?? plain
  return panel(task, (result) => view(result, { id, ...more }))
}

function chip({ type, state, progress }) {
  const share = state === 'running' && progress ? ` ${Math.round(progress * 100)} %` : ''
  return h('li', {}, h('a', { href: `#${type}` }, words(type)), h('span', { class: 'tag', 'data-tone': TONES[state] }, `${state}${share}`))
}

async function look() {
  try {
    show(await get(`/operations/results/${path}`))
    connection('live', 'Live')
    return true
  } catch (problem) {
    connection('away', problem.status === 503 || !problem.status ? `${problem.message} – trying again` : problem.message)
    return false
  }
}

// A change of one task may follow another's at once: look when a moment has passed.
async function follow() {
  for (;;) {
    let due = null
    try {
      for await (const { name } of events(`/api/precompute/stream/${path}`)) {
        if (name === 'state' && due === null) due = setTimeout(() => { due = null; look() }, 300)
      }
    } catch {
      // Without a stream the page looks by itself.
    }
    await pause(LOOK_AGAIN_MS)
    if (!document.hidden) await look()
  }
}

// Sections come after the page has loaded, so the browser could not go to the one that was asked for.
function goThere() {
  const asked = document.getElementById(decodeURIComponent(location.hash.slice(1)))
  asked?.scrollIntoView()
  asked?.focus({ preventScroll: true })
}

frame()
const known = first()
if (known) {
  connection('live', 'Live')
  show(known)
} else await look()
goThere()
addEventListener('hashchange', goThere)
follow()
