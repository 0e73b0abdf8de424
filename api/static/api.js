// Every request of the pages. A key that callers must show would be added in `headers`, and nowhere else.

/** The service refused, or cannot be reached: `status` is 0 then. */
export class Refused extends Error {
  constructor(status, code, message) {
    super(message)
    this.status = status
    this.code = code
  }
}

const headers = (more = {}) => ({ ...more })

async function ask(path, options = {}) {
  let answer
  try {
    answer = await fetch(path, { credentials: 'same-origin', ...options, headers: headers(options.headers) })
  } catch (problem) {
    if (problem.name === 'AbortError') throw problem
    throw new Refused(0, 'unreachable', 'the service cannot be reached')
  }
  if (!answer.ok) throw await refusal(answer)
  return answer
}

async function refusal(answer) {
  const body = await answer.json().catch(() => ({}))
  return new Refused(answer.status, body.error?.code ?? 'http_error', body.error?.message ?? `answered ${answer.status}`)
}

/** The JSON at a path. */
export const get = async (path) => (await ask(path, { headers: { Accept: 'application/json' } })).json()

/** What the server put into the page itself, so that nothing has to be asked for before it can be shown. */
export const first = () => JSON.parse(document.getElementById('first').textContent)

/** Send JSON; the JSON of the answer. */
export async function send(method, path, body) {
  const headers = { Accept: 'application/json', 'Content-Type': 'application/json' }
  return (await ask(path, { method, headers, body: JSON.stringify(body) })).json()
}

/** An address at which the page can show the image of a path, or null where there is none. */
export async function image(path) {
  try {
    return URL.createObjectURL(await (await ask(path)).blob())
  } catch (problem) {
    if (problem instanceof Refused && problem.status === 404) return null
    throw problem
  }
}

/** Server-sent events of a path, one object each, until the server ends or `signal` does. */
export async function* events(path, signal) {
  const answer = await ask(path, { headers: { Accept: 'text/event-stream' }, signal })
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  try {
    for (;;) {
      const { value, done } = await reader.read()
      if (done) return
      const blocks = (text + value).split('\n\n')
      text = blocks.pop()
      for (const told of blocks.map(parsed)) if (told) yield told
    }
  } finally {
    reader.cancel().catch(() => {})
  }
}

function parsed(block) {
  const lines = block.split('\n')
  const data = lines.filter((line) => line.startsWith('data:')).map((line) => line.slice(5).trim())
  if (!data.length) return null
  const name = lines.find((line) => line.startsWith('event:'))
  return { name: name ? name.slice(6).trim() : 'message', data: JSON.parse(data.join('\n')) }
}
