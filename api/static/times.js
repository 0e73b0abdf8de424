// Instants on the page grow older by themselves.

import { h, say } from './dom.js'
import { ago, exact } from './format.js'

/** `5 s ago`, kept true by the clock below; the full instant is in its title. */
export function since(instant) {
  return h('time', { datetime: instant, title: exact(instant), 'data-ago': true }, ago(instant))
}

setInterval(() => {
  for (const time of document.querySelectorAll('time[data-ago]')) say(time, ago(time.dateTime))
}, 1000)
