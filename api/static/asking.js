// Asks before what cannot be undone.

import { h } from './dom.js'

/** Whether the person says yes; Escape is no, and the focus goes back to where it was. */
export function sure(question, { consequence, yes, no }) {
  const dialog = h('dialog', { class: 'asking', 'aria-labelledby': 'asked', 'aria-describedby': 'consequence' },
    h('p', { id: 'asked' }, question),
    h('p', { id: 'consequence', class: 'soft' }, consequence),
    h('form', { method: 'dialog' }, h('button', { value: 'no', autofocus: true }, no), h('button', { value: 'yes' }, yes)))
  document.body.append(dialog)
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => {
      dialog.remove()
      resolve(dialog.returnValue === 'yes')
    })
    dialog.showModal()
  })
}
