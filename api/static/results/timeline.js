// What happens when in a video, on one axis: scenes, faces, speech and the chosen stills.

import { h } from '../dom.js'
import { at, count, percent, plural } from '../format.js'

const HOOK_S = 3

/** Of the results that are there; scenes give the length. */
export function timeline(results) {
  const { scene_detection: scenes, face_detection: faces, caption_generation: captions, thumbnail_generation: stills } = results
  const whole = scenes.duration || scenes.scenes.at(-1)?.end || 1
  const lanes = [
    lane('Scenes', `${plural(scenes.scenes.length, 'scene')}, ${count(scenes.cuts_per_minute)} cuts a minute`, scenes.scenes.map((scene) => sceneBlock(scene, whole))),
    faces && lane('Faces', `a face on screen ${percent(faces.screen_share, 0)} of the time`, faceBars(faces, whole), 'faces'),
    captions && lane('Speech', plural(captions.segments.length, 'sentence'), captions.segments.map((segment) => speechBlock(segment, whole))),
    stills && lane('Stills', plural(stills.thumbnails.length, 'still'), stills.thumbnails.map((still) => pin(still, whole)), 'stills'),
  ]
  const hook = h('div', { class: 'hook-zone', style: span(0, Math.min(HOOK_S, whole), whole) }, h('span', {}, 'hook'))
  return h('section', { class: 'panel result timeline', 'aria-label': 'Timeline' },
    h('header', {}, h('h2', {}, 'Timeline'), h('p', { class: 'aside' }, `${at(whole)} long, ${scenes.frame_rate} frames a second`)),
    h('div', { class: 'lanes' }, h('div', { class: 'under' }, hook), lanes, ruler(whole)))
}

const share = (seconds, whole) => `${(100 * Math.max(0, Math.min(seconds, whole))) / whole}%`
const span = (from, to, whole) => ({ left: share(from, whole), width: `${(100 * Math.max(0, to - from)) / whole}%` })

function lane(name, spoken, blocks, kind = '') {
  return h('div', { class: 'lane' }, h('span', { class: 'lane-name' }, name), h('div', { class: `lane-body ${kind}`, role: 'img', 'aria-label': `${name}: ${spoken}` }, blocks))
}

function sceneBlock({ index, start, end }, whole) {
  return h('span', { class: 'block scene', style: span(start, end, whole), title: `Scene ${index + 1}, ${at(start)} to ${at(end)}` }, count(index + 1))
}

function speechBlock({ start, end, text }, whole) {
  return h('span', { class: 'block speech', style: span(start, end, whole), title: `${at(start)} ${text}` }, text)
}

// A sample stands for the time until the next one.
function faceBars({ samples, max_faces: most }, whole) {
  return samples.filter(({ faces }) => faces.length).map((sample) => {
    const next = samples[samples.indexOf(sample) + 1]?.at ?? whole
    const style = { ...span(sample.at, next, whole), height: `${(100 * sample.faces.length) / Math.max(most, 1)}%` }
    return h('span', { class: 'face-bar', style, title: `${at(sample.at)} ${plural(sample.faces.length, 'face')}` })
  })
}

function pin({ rank, at: when }, whole) {
  return h('span', { class: 'pin', style: { left: share(when, whole) }, title: `Still ${rank} at ${at(when)}` }, count(rank))
}

function ruler(whole) {
  const step = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600].find((seconds) => whole / seconds <= 9) ?? 1800
  const ticks = []
  for (let when = 0; when <= whole * 0.97; when += step) ticks.push(h('span', { style: { left: share(when, whole) } }, `${Math.floor(when / 60)}:${String(when % 60).padStart(2, '0')}`))
  return h('div', { class: 'lane ruler', 'aria-hidden': true }, h('span', {}), h('div', { class: 'lane-body' }, ticks))
}
