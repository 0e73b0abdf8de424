// The operations page: figures come in, sections show them.

import { first } from './api.js'
import { repaint } from './chart.js'
import { Course } from './course.js'
import { connection, frame } from './frame.js'
import { follow } from './live.js'
import { drawAlerts } from './sections/alerts.js'
import { drawFailed } from './sections/failed.js'
import { drawLatest } from './sections/latest.js'
import { drawPredicted } from './sections/predicted.js'
import { drawQueues } from './sections/queues.js'
import { drawTiles, drawSums } from './sections/tiles.js'
import { drawTimes } from './sections/times_by_type.js'
import { drawUseful } from './sections/useful.js'
import { drawWorkers } from './sections/workers.js'

const COURSE_EVERY_MS = 5_000

let figures = null
let sums = null
let asked = 0

const course = new Course((told, span) => {
  sums = { told, span }
  drawSums(told, span)
  drawTimes(told, span)
  if (figures) drawUseful(told, span, figures)
})

function show(told) {
  drawAlerts(told)
  if (told.workers === undefined) return
  figures = told
  drawTiles(told)
  drawQueues(told)
  drawWorkers(told)
  drawFailed(told)
  drawPredicted(told)
  drawLatest(told)
  if (sums) drawUseful(sums.told, sums.span, told)
  if (Date.now() - asked >= COURSE_EVERY_MS) {
    asked = Date.now()
    course.refresh()
  }
}

function state(name, reason) {
  const texts = { live: 'Live', polling: 'Every few seconds', away: `${reason} – trying again` }
  connection(name, texts[name])
}

function open({ figures: told, course: hour }) {
  connection('starting', `As of ${new Date(told.at).toLocaleTimeString('en-GB')}`)
  if (hour) {
    asked = Date.now()
    course.take(hour)
  }
  show(told)
}

frame({ onTheme: repaint })
open(first())
// The charts' figures are drawn in a typeface that may come after them.
document.fonts.load('11px Inter').then(repaint)
follow(show, state)
