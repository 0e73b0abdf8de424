// Figures as people read them.

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })
const short = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 })

export const NONE = '–'

/** 12,345 and, from a hundred thousand on, 123.4K. */
export function count(number) {
  if (number === null || number === undefined) return NONE
  return number >= 100_000 ? short.format(number) : whole.format(number)
}

/** A rate, with one digit after the point where it is small. */
export const rate = (number) => (number === null || number === undefined ? NONE : number < 10 && !Number.isInteger(number) ? trimmed(number, 1) : count(number))

/** A share of one as percent: 98.4 %. */
export function percent(share, digits = 1) {
  if (share === null || share === undefined || Number.isNaN(share)) return NONE
  return `${trimmed(share * 100, digits)} %`
}

/** A time that something took: 12 ms, 1.5 s, 2 min 5 s, 3 h 20 min, 2 d 4 h. */
export function duration(seconds) {
  if (seconds === null || seconds === undefined) return NONE
  if (seconds < 0.9995) return `${Math.round(seconds * 1000)} ms`
  if (seconds < 9.95) return `${trimmed(seconds, 1)} s`
  const total = Math.round(seconds)
  if (total < 60) return `${total} s`
  if (total < 3600) return two(total, 60, 'min', 's')
  if (total < 86_400) return two(Math.round(total / 60), 60, 'h', 'min')
  return two(Math.round(total / 3600), 24, 'd', 'h')
}

/** How long ago, roughly. */
export function ago(instant, now = Date.now()) {
  const seconds = Math.max(0, (now - new Date(instant).getTime()) / 1000)
  if (seconds < 5) return 'just now'
  return `${rough(seconds)} ago`
}

/** A time to come or gone by in one unit: 40 s, 12 min, 5 h, 3 d. */
export function rough(seconds) {
  if (seconds < 60) return `${Math.round(seconds)} s`
  if (seconds < 3600) return `${Math.round(seconds / 60)} min`
  if (seconds < 172_800) return `${Math.round(seconds / 3600)} h`
  return `${Math.round(seconds / 86_400)} d`
}

/** A place in a video: 0:07.4, 12:30.0. */
export function at(seconds) {
  const minutes = Math.floor(Math.max(0, seconds) / 60)
  return `${minutes}:${(Math.max(0, seconds) - 60 * minutes).toFixed(1).padStart(4, '0')}`
}

/** 512 B, 3.1 kB, 2.4 MB. */
export function bytes(number) {
  if (number === null || number === undefined) return NONE
  const steps = ['B', 'kB', 'MB', 'GB', 'TB']
  let step = 0
  while (number >= 1000 && step < steps.length - 1) {
    number /= 1000
    step += 1
  }
  return `${step === 0 || number >= 100 ? Math.round(number) : trimmed(number, 1)} ${steps[step]}`
}

/** A sum of money, whose currency the account knows. */
export const money = (number) =>
  number === null || number === undefined ? NONE : new Intl.NumberFormat('en', { maximumFractionDigits: number < 100 ? 2 : 0 }).format(number)

/** One thing, two things. */
export const plural = (number, one, many = `${one}s`) => `${count(number)} ${number === 1 ? one : many}`

/** The words of a snake_case name. */
export const words = (name) => String(name).replaceAll('_', ' ').replace(/\b(ctr|roas|cpc|cta)\b/g, (short) => short.toUpperCase())

/** The full instant, for titles. */
export const exact = (instant) => new Date(instant).toLocaleString('en-GB', { dateStyle: 'medium', timeStyle: 'medium' })

function trimmed(number, digits) {
  return number.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })
}

function two(total, base, large, small) {
  const rest = total % base
  return rest ? `${Math.floor(total / base)} ${large} ${rest} ${small}` : `${total / base} ${large}`
}
