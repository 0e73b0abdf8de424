// What the charts and the figures of a stretch of the past show.

import { get } from './api.js'
import { Chart } from './chart.js'
import { count, percent, rate } from './format.js'

const QUEUES = ['critical', 'campaign', 'video', 'login', 'general', 'refresh', 'background']
const NO_COURSE = 'Nothing recorded yet. Beat takes a step every ten seconds: is it running?'
const SPANS = { quarter: 'the last 15 minutes', hour: 'the last hour', day: 'the last day', week: 'the last week' }

/** The four charts, and the stretch of time that all of the page's sums are about. */
export class Course {
  constructor(onCourse) {
    this.onCourse = onCourse
    this.range = 'hour'
    this.charts = {
      hits: hitRate(), reads: reads(), waiting: waiting(), work: work(),
    }
    for (const input of document.querySelectorAll('#range input')) {
      input.addEventListener('change', () => this.choose(input.value))
    }
  }

  /** In words. */
  get span() {
    return SPANS[this.range]
  }

  choose(range) {
    this.range = range
    return this.refresh()
  }

  /** Ask anew; an outage leaves what is shown, and is told elsewhere. */
  async refresh() {
    const range = this.range
    const course = await get(`/operations/course/${range}`).catch(() => null)
    if (course === null || range !== this.range) return
    this.take(course)
  }

  /** Show what was told of the chosen range. */
  take(course) {
    this.draw(course)
    this.onCourse(course, this.span)
  }

  draw(course) {
    const minutes = course.seconds.map((seconds) => seconds / 60)
    const perMinute = (column) => column.map((number, place) => number / minutes[place])
    const window = { at: course.at, from: course.now - course.range_seconds, to: course.now }
    const rates = course.hits.map((hits, place) => {
      const answered = hits + course.stale_hits[place]
      const all = answered + course.misses[place]
      return all ? answered / all : null
    })
    const quiet = course.at.length ? 'Nobody has read anything' : NO_COURSE
    this.charts.hits.show({ ...window, columns: [rates], empty: `${quiet}${course.at.length ? ` in ${this.span}` : ''}` })
    this.charts.reads.show({ ...window, columns: [course.hits, course.stale_hits, course.misses].map(perMinute), empty: NO_COURSE })
    this.charts.waiting.show({ ...window, columns: QUEUES.map((queue) => course.waiting[queue] ?? []), empty: NO_COURSE })
    this.charts.work.show({ ...window, columns: [course.computations, course.failures].map(perMinute), empty: NO_COURSE })
  }
}

const figure = (name) => document.getElementById(`chart-${name}`)
const last = (column) => column.findLast((value) => value !== null) ?? null
const most = (column) => column.reduce((high, value) => Math.max(high, value ?? 0), 0)

function hitRate() {
  const series = [{ label: 'Hit rate', colour: '--mark-fresh', width: 2 }]
  const spoken = ([rates]) => `Hit rate, latest ${percent(last(rates))}, lowest ${percent(Math.min(...rates.filter((one) => one !== null)))}`
  return new Chart(figure('hits'), { series, top: 1.02, format: (share) => percent(share, Number.isInteger(Math.round(share * 1e6) / 1e4) ? 0 : 1), spoken })
}

function reads() {
  const series = [
    { label: 'Fresh', colour: '--mark-fresh', fill: 1, width: 0, stepped: true },
    { label: 'Stale', colour: '--mark-stale', fill: 1, width: 0, stepped: true },
    { label: 'Missed', colour: '--mark-miss', fill: 1, width: 0, stepped: true },
  ]
  const spoken = ([fresh, stale, missed]) =>
    `Reads a minute, latest: ${rate(last(fresh))} fresh, ${rate(last(stale))} stale, ${rate(last(missed))} missed`
  return new Chart(figure('reads'), { series, stacked: true, format: rate, spoken })
}

function waiting() {
  const series = QUEUES.map((label) => ({ label, colour: `--queue-${label}`, fill: 1, width: 0, stepped: true }))
  const spoken = (columns) => `Tasks waiting, latest ${count(columns.reduce((sum, column) => sum + (last(column) ?? 0), 0))}, most at once in one queue ${count(Math.max(...columns.map(most)))}`
  return new Chart(figure('waiting'), { series, stacked: true, whole: true, format: count, spoken })
}

function work() {
  const series = [
    { label: 'Computed', colour: '--mark-done', fill: 0.14, stepped: true },
    { label: 'Failed', colour: '--mark-miss', fill: 0.14, stepped: true },
  ]
  const spoken = ([computed, failed]) => `Tasks a minute, latest: ${rate(last(computed))} computed, ${rate(last(failed))} failed`
  return new Chart(figure('work'), { series, format: rate, spoken })
}
