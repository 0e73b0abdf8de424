// The six figures at the top: what is now, and sums over the chosen stretch of time.

import { h, say } from '../dom.js'
import { count, percent, plural, rough } from '../format.js'

function tile(name, figure, note, tone = '') {
  const element = document.getElementById(`tile-${name}`)
  element.dataset.tone = tone
  const value = element.querySelector('.figure')
  const [number, unit] = parted(figure)
  if (value.dataset.said !== figure) {
    value.dataset.said = figure
    value.replaceChildren(number, ...(unit ? [h('small', {}, unit)] : []))
  }
  const said = element.querySelector('.note')
  say(said, note)
  said.title = note
}

function parted(figure) {
  const match = /^([\d.,KMB]+) (.+)$/.exec(figure)
  return match ? [match[1], ` ${match[2]}`] : [figure, '']
}

/** What is now. */
export function drawTiles(figures) {
  const total = figures.waiting.reduce((sum, { types }) => sum + Object.values(types).reduce((a, b) => a + b, 0), 0)
  const oldest = Math.max(0, ...Object.values(figures.oldest_waiting_seconds))
  tile('waiting', count(total), total ? `oldest for ${rough(oldest)}` : 'nothing waits', total > 100 ? 'warn' : '')
  const busy = figures.workers_running ? percent(figures.worker_utilisation, 0) : 'None'
  const crew = `${plural(figures.workers.length, 'worker')}, ${plural(figures.workers_running, 'process', 'processes')}`
  tile('workers', busy, figures.workers_running ? crew : 'no worker reports', figures.workers_running ? '' : 'bad')
}

/** Sums over the chosen stretch. */
export function drawSums(course, span) {
  const [fresh, stale, missed] = ['hits', 'stale_hits', 'misses'].map((name) => sum(course[name]))
  const all = fresh + stale + missed
  const rate = all ? (fresh + stale) / all : null
  tile('hits', percent(rate), `in ${span}`, rate !== null && rate < 0.8 ? 'warn' : '')
  tile('reads', count(all), `${count(stale)} stale, ${count(missed)} missed`)
  const [computed, failed] = [sum(course.computations), sum(course.failures)]
  tile('computed', count(computed), failed ? `${count(failed)} failed in ${span}` : `none failed in ${span}`, failed > computed ? 'bad' : '')
  const [used, unused] = ['used', 'unused'].map((name) => sum(course.types.map((each) => each[name])))
  const settled = used + unused
  tile('useful', settled ? percent(used / settled, 0) : '–', settled ? `${count(used)} read, ${count(unused)} wasted` : `nothing settled in ${span}`)
}

const sum = (column) => column.reduce((total, number) => total + (number ?? 0), 0)

