// The results of a video.

import { image } from '../api.js'
import { h } from '../dom.js'
import { at, count, percent, plural, words } from '../format.js'
import { effects, interval, points } from './gauges.js'
import { fact } from './plain.js'

const NEAR_S = 0.3

export const videoViews = {
  thumbnail_generation: thumbnails,
  ctr_prediction: ctr,
  hook_analysis: hook,
  caption_generation: captions,
  scene_detection: scenes,
  face_detection: faces,
}

function thumbnails({ thumbnails: stills }, { id, faces: samples }) {
  if (!stills.length) return h('p', { class: 'soft' }, 'No frame was good enough.')
  return h('ol', { class: 'stills' }, stills.map((still) => {
    const boxes = samples.find((sample) => Math.abs(sample.at - still.at) <= NEAR_S)?.faces ?? []
    const picture = h('span', { class: 'picture', style: { aspectRatio: `${still.width} / ${still.height}` } }, boxes.map(box))
    // The address is made here, not taken from what is stored.
    image(`/operations/stills/${encodeURIComponent(id)}/${encodeURIComponent(still.rank)}.jpg`)
      .then((source) => picture.prepend(source ? h('img', { src: source, alt: `Still ${still.rank} at ${at(still.at)}` }) : h('span', { class: 'gone' }, 'gone')))
      .catch(() => picture.prepend(h('span', { class: 'gone' }, 'not to be had')))
    return h('li', {}, picture, h('p', {}, h('b', {}, count(still.score)), h('span', { class: 'soft' }, ` at ${at(still.at)}`)), h('p', { class: 'soft' }, still.reasons.join(', ')))
  }))
}

function box({ x, y, width, height }) {
  const style = { left: `${100 * x}%`, top: `${100 * y}%`, width: `${100 * width}%`, height: `${100 * height}%` }
  return h('span', { class: 'box', style, title: 'A face' })
}

function ctr({ ctr: value, low, high, drivers, evidence, model_version: model }) {
  const most = Math.max(high * 1.25, 0.01)
  const format = (share) => percent(share, 2)
  return [
    h('div', { class: 'headline' }, h('p', { class: 'big' }, format(value)), h('p', { class: 'soft' }, `between ${format(low)} and ${format(high)} with a probability of 80 %`)),
    interval({ value, low, high }, { most, format, label: 'Expected CTR' }),
    drivers.length ? effects(drivers, { format: (effect) => `${effect < 0 ? '−' : '+'}${percent(Math.abs(effect), 0)}` }) : null,
    h('p', { class: 'note' }, `From ${plural(evidence.outcomes, 'outcome')} with ${plural(evidence.impressions, 'impression')}; model ${model}. Effects are on the odds of a click.`),
  ]
}

function hook({ score, parts, text, spoken, speech_starts_at: starts, advice }) {
  const rows = Object.entries(parts).map(([name, { points: got, max_points: most }]) =>
    h('tr', {}, h('th', { scope: 'row' }, words(name)), h('td', {}, points(got, most)), h('td', { class: 'num' }, `${count(got)} of ${count(most)}`)))
  return [
    h('div', { class: 'headline' }, h('p', { class: 'big' }, count(score), h('small', {}, ' of 100')), h('p', { class: 'soft' }, 'how well the first three seconds hold a viewer')),
    h('table', { class: 'rows' }, h('tbody', {}, rows)),
    h('dl', { class: 'facts' },
      fact('On screen', text.length ? text.map((line) => `“${line}”`).join(' ') : 'no text'),
      fact('Said', spoken ? `“${spoken}”` : 'nothing'),
      fact('Speech starts', starts === null ? 'not within the opening' : at(starts))),
    advice.length ? h('ul', { class: 'advice' }, advice.map((sentence) => h('li', {}, sentence))) : null,
  ]
}

function captions({ language, segments, caption, hashtags, source }, { id }) {
  const file = (kind) => `/api/precompute/videos/${encodeURIComponent(id)}/captions.${kind}`
  return [
    caption ? h('blockquote', {}, h('p', {}, caption), hashtags.length ? h('p', { class: 'tags' }, hashtags.join(' ')) : null) : null,
    segments.length
      ? h('ol', { class: 'spoken' }, segments.map(({ start, text }) => h('li', {}, h('span', { class: 'when' }, at(start)), h('span', {}, text))))
      : h('p', { class: 'soft' }, 'Nobody speaks.'),
    h('p', { class: 'note' }, language ? `Language ${language}. ` : '', `Caption: ${source}. `, h('a', { href: file('vtt'), download: `${id}.vtt` }, 'WebVTT'), ' ', h('a', { href: file('srt'), download: `${id}.srt` }, 'SRT')),
  ]
}

function scenes({ duration, scenes: shots, cuts_per_minute: pace }) {
  const lengths = shots.map(({ start, end }) => end - start)
  return h('dl', { class: 'facts' },
    fact('Scenes', count(shots.length)),
    fact('Cuts a minute', pace.toFixed(1)),
    fact('Length', at(duration)),
    lengths.length ? fact('Shortest and longest', `${Math.min(...lengths).toFixed(1)} s, ${Math.max(...lengths).toFixed(1)} s`) : null)
}

function faces({ max_faces: most, screen_share: share, first_face_at: first, largest_face_share: largest, samples }) {
  return h('dl', { class: 'facts' },
    fact('On screen', `${percent(share, 0)} of the time`),
    fact('At once', plural(most, 'face')),
    fact('First face', first === null ? 'none' : at(first)),
    fact('Largest', `${percent(largest, 0)} of the frame`),
    fact('Looked at', plural(samples.length, 'moment')))
}
