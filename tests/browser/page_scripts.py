"""What the tests run within pages."""

BROKEN = """() => [...document.querySelectorAll('main :is(th, .key, .num, .whole)')].flatMap((element) => {
  const words = [...element.textContent.matchAll(/(?<!\\S)[\\w.,\u00d7-]{2,24}(?!\\S)/g)]
  const text = element.firstChild
  if (text?.nodeType !== Node.TEXT_NODE) return []
  return words.filter(({ 0: word, index }) => {
    if (index + word.length > text.length) return false
    const range = document.createRange()
    range.setStart(text, index)
    range.setEnd(text, index + word.length)
    return new Set([...range.getClientRects()].map(({ top }) => Math.round(top))).size > 1
  }).map(({ 0: word }) => word)
})"""
"""Names, ids and figures of a usual length that are shown on two lines."""


WIDEST = """() => {
  const fill = (cells, text) => { for (const cell of document.querySelectorAll(cells)) cell.textContent = text }
  fill(':is(#times, #useful) tbody .num:not(.size)', '12,345')
  fill('#times tbody .num + .num', '999 ms')
}"""
"""Lets the tables tell figures as wide as they get."""
