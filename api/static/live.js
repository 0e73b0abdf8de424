// The figures as they change: by a stream where there is a place for one, else by asking; again and again after an outage.

import { Refused, events, get } from './api.js'

const STREAM = '/operations/live'
const ONCE = '/operations/figures'
const SILENCE_MS = 15_000
const ASK_EVERY_MS = 4_000
const LEAVE_AFTER_MS = 30_000

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

/** Tell `onFigures` each time, and `onState` how it goes: live, polling, or away with the reason. Never ends. */
export async function follow(onFigures, onState) {
  let failures = 0
  const told = (state) => (figures) => {
    failures = 0
    onState(state)
    onFigures(figures)
  }
  for (;;) {
    await shown()
    try {
      await streamed(told('live')).catch((problem) => {
        if (problem.code !== 'busy') throw problem
        return polled(told('polling'))
      })
      await pause(250)
    } catch (problem) {
      failures += 1
      onState('away', problem.status ? problem.message : 'The service cannot be reached')
      await pause(Math.min(500 * 2 ** failures, 8_000))
    }
  }
}

// A connection that was cut may stay silent for ever; and a page that nobody looks at should hold no place.
async function streamed(onFigures) {
  const ending = new AbortController()
  let silence
  let hidden
  const heard = () => {
    clearTimeout(silence)
    silence = setTimeout(() => ending.abort(), SILENCE_MS)
  }
  const leave = () => {
    clearTimeout(hidden)
    if (document.hidden) hidden = setTimeout(() => ending.abort(), LEAVE_AFTER_MS)
  }
  document.addEventListener('visibilitychange', leave)
  heard()
  try {
    for await (const { data } of events(STREAM, ending.signal)) {
      heard()
      onFigures(data)
    }
  } catch (problem) {
    if (!ending.signal.aborted) throw problem instanceof Refused ? problem : new Refused(0, 'cut', 'the connection was cut')
  } finally {
    clearTimeout(silence)
    clearTimeout(hidden)
    document.removeEventListener('visibilitychange', leave)
  }
}

async function polled(onFigures) {
  onFigures(await get(ONCE))
  await pause(ASK_EVERY_MS)
}

function shown() {
  if (!document.hidden) return Promise.resolve()
  return new Promise((resolve) => document.addEventListener('visibilitychange', () => resolve(), { once: true }))
}
