// Elements out of data. Text goes in as text only, so nothing that is stored can become markup.

const SVG = 'http://www.w3.org/2000/svg'

/** An element: `h('td', {class: 'num', title: '…'}, 'text', child)`. Functions among the properties are listeners. */
export function h(name, properties = {}, ...children) {
  return filled(document.createElement(name), properties, children)
}

/** The same for drawings. */
export function s(name, properties = {}, ...children) {
  return filled(document.createElementNS(SVG, name), properties, children)
}

function filled(element, properties, children) {
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue
    if (typeof value === 'function') element.addEventListener(name, value)
    else if (name === 'style') Object.assign(element.style, value)
    else element.setAttribute(name, value === true ? '' : String(value))
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false))
  return element
}

/** Say something, if it is not said already: readers of screens hear changes only. */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text
}

const drawn = new WeakMap()

/**
 * Let a list hold these items: unchanged ones keep their element, and with it the focus and the mouse's place.
 * `key` tells an item from the others, `draw` makes its element, `empty` the one that stands for none.
 */
export function list(parent, items, { key, draw, empty }) {
  const before = new Map([...parent.children].map((child) => [drawn.get(child)?.key, child]))
  const focused = parent.contains(document.activeElement) ? document.activeElement : null
  const place = [...parent.children].findIndex((child) => child.contains(focused))
  const wanted = items.length || !empty ? items.map((item) => kept(before, key(item), item, draw)) : [kept(before, ' empty', null, empty)]
  wanted.forEach((element, place) => {
    if (parent.children[place] !== element) parent.insertBefore(element, parent.children[place] ?? null)
  })
  while (parent.children.length > wanted.length) parent.lastElementChild.remove()
  restore(parent, focused, place)
}

function kept(before, key, item, draw) {
  const signature = JSON.stringify(item)
  const old = before.get(key)
  if (old && drawn.get(old).signature === signature) return old
  const element = draw(item)
  element.dataset.key = key
  drawn.set(element, { key, signature })
  return element
}

// Of a row that went the focus passes to the one in its place, and of the last one to the heading above.
function restore(parent, focused, place) {
  if (!focused || document.activeElement === focused) return
  const rows = [...parent.children]
  const key = focused.closest('[data-key]')?.dataset.key
  const row = rows.find((child) => child.dataset.key === key) ?? rows[Math.min(place, rows.length - 1)]
  const same = row && [...row.querySelectorAll(focused.tagName)].find((one) => one.textContent === focused.textContent)
  const next = same ?? (row?.hasAttribute('tabindex') ? row : parent.closest('section')?.querySelector('h2'))
  if (next && next !== same) next.tabIndex = -1
  next?.focus()
}

/** A cell of a table. */
export const cell = (text, kind = '', properties = {}) => h('td', { class: kind || null, ...properties }, text)

/** A row that says why there are none, and what to do. */
export const nothing = (columns, ...sentences) => () =>
  h('tr', {}, h('td', { class: 'empty', colspan: columns }, ...sentences.map((sentence) => h('p', {}, sentence))))

/** Tell the person what came of what they did. */
export function toast(text) {
  const said = h('p', { class: 'toast' }, text)
  document.getElementById('toasts').append(said)
  setTimeout(() => said.remove(), 6000)
}
