// Charts over time with uPlot, in the page's own colours and with the page's own legend.

import { h, say } from './dom.js'

const HEIGHT = 150
const WHOLE_STEPS = Array.from({ length: 9 }, (_, power) => [1, 2, 5].map((step) => step * 10 ** power)).flat()
const charts = new Set()

/**
 * A chart in a `figure.chart`.
 * `series`: [{label, colour: '--mark-…', fill, format}]; `stacked`: they lie on each other, the first at the bottom;
 * `top`: the upper end of the scale where it is known; `whole`: of whole things, so that no line is drawn between one and
 * two; `format`: of the values on the axis and in the legend.
 */
export class Chart {
  constructor(figure, { series, stacked = false, top = null, whole = false, format, spoken }) {
    this.plot = figure.querySelector('.plot')
    this.legend = figure.querySelector('.legend')
    Object.assign(this, { series, stacked, top, whole, format, spoken, data: null, uplot: null })
    this.values = series.map(() => h('b', {}, '–'))
    this.entries = series.map((each, place) => entry(each, this.values[place], series.length > 1))
    this.legend.append(...this.entries)
    this.nothing = h('p', { class: 'nothing' }, 'Waiting for the first figures')
    this.plot.append(this.nothing)
    new ResizeObserver(() => this.uplot?.setSize({ width: this.plot.clientWidth, height: HEIGHT })).observe(this.plot)
    charts.add(this)
  }

  /** Show columns: `at` in seconds, one list of values for each series, null where there is nothing to tell. */
  show({ at, columns, from, to, empty }) {
    this.data = { at, columns, from, to }
    this.nothing.hidden = columns.some((column) => column.some((value) => value !== null))
    say(this.nothing, empty)
    this.plot.setAttribute('aria-label', this.nothing.hidden ? this.spoken(columns) : empty)
    // Of many series only those that there is something of.
    this.entries.forEach((each, place) => { each.hidden = columns.length > 3 && !columns[place].some(Boolean) })
    if (!this.uplot) this.build()
    this.uplot.batch(() => {
      this.uplot.setData([at, ...this.drawn(columns)], false)
      this.uplot.setScale('x', { min: from, max: to })
    })
    this.tell(null)
  }

  /** Made anew, in the colours that hold now. */
  build() {
    this.uplot?.destroy()
    const { at, columns, from, to } = this.data
    this.uplot = new window.uPlot(this.options(from, to), [at, ...this.drawn(columns)], this.plot)
  }

  options(from, to) {
    const style = painter(this.plot)
    const axis = { stroke: style('--soft'), grid: { stroke: style('--line'), width: 1 }, ticks: { show: false }, font: '11px Inter, system-ui, sans-serif' }
    const top = this.top
    return {
      width: this.plot.clientWidth,
      height: HEIGHT,
      padding: [10, 4, 0, 0],
      legend: { show: false },
      cursor: { sync: { key: 'course' }, drag: { x: false, y: false }, points: { size: 6 }, y: false },
      scales: { x: { time: true, min: from, max: to }, y: { range: (_, low, high) => [0, top ?? Math.max(1, high * 1.1)] } },
      axes: [
        { ...axis, space: 64, size: 24, gap: 4, grid: { show: false }, values: (_, splits, __, ___, step) => splits.map((each) => clock(each, step)) },
        { ...axis, space: 32, size: 44, gap: 6, incrs: this.whole ? WHOLE_STEPS : undefined, values: (_, splits) => splits.map((each) => this.format(each)) },
      ],
      series: [{}, ...this.ordered().map((each) => line(each, style))],
      hooks: { setCursor: [(uplot) => this.tell(uplot.cursor.idx)] },
    }
  }

  /** Of stacked series the highest is drawn first, so that each covers what is not its own. */
  ordered() {
    return this.stacked ? [...this.series].reverse() : this.series
  }

  drawn(columns) {
    if (!this.stacked) return columns
    const sums = []
    for (const column of columns) sums.push(column.map((value, place) => (value ?? 0) + (sums.at(-1)?.[place] ?? 0)))
    return sums.reverse()
  }

  /** The values under the mouse, or else the latest, in the legend. */
  tell(place) {
    const { at, columns } = this.data
    const moment = place === null || place === undefined ? null : at[place]
    say(document.getElementById('moment'), moment === null ? '' : new Date(moment * 1000).toLocaleString('en-GB', { dateStyle: 'medium', timeStyle: 'medium' }))
    columns.forEach((column, number) => {
      const value = place === null || place === undefined ? column.findLast((one) => one !== null) : column[place]
      say(this.values[number], value === null || value === undefined ? '–' : this.format(value))
    })
  }
}

/** Draw all charts anew when the colours change. */
export function repaint() {
  for (const chart of charts) if (chart.data) chart.build()
}

function entry({ label, colour }, value, named) {
  const name = named ? [h('span', { class: 'swatch', style: { background: `var(${colour})` } }), label] : []
  return h('span', { class: 'entry' }, name, value)
}

function line({ label, colour, fill = 0.12, width = 1.5, stepped = false }, style) {
  const stroke = style(colour)
  // A step's value is about the time before its end.
  const paths = stepped ? window.uPlot.paths.stepped({ align: -1 }) : undefined
  return { label, stroke, width, fill: fade(stroke, fill), paths, points: { show: true, filter: alone, size: 4, fill: stroke } }
}

// A value without neighbours would not be seen as a line.
function alone(uplot, number) {
  const values = uplot.data[number]
  const known = (place) => values[place] !== null && values[place] !== undefined
  return values.map((_, place) => place).filter((place) => known(place) && !known(place - 1) && !known(place + 1))
}

function painter(element) {
  const probe = h('i', { hidden: true })
  element.append(probe)
  return (name) => {
    probe.style.color = `var(${name})`
    return getComputedStyle(probe).color
  }
}

const fade = (rgb, share) => (share >= 1 ? rgb : rgb.replace(/^rgb\((.*)\)$/, `rgba($1, ${share})`))

function clock(seconds, step) {
  const instant = new Date(seconds * 1000)
  if (step >= 86_400) return instant.toLocaleDateString('en-GB', { day: 'numeric', month: 'short' })
  return instant.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' })
}
