// The results of a user.

import { h } from '../dom.js'
import { count, money, percent, plural, words } from '../format.js'
import { pageOf } from '../frame.js'
import { meter } from '../sections/meter.js'
import { since } from '../times.js'
import { fact } from './plain.js'

export const userViews = { predicted_actions: actions, dashboard_data: dashboard, campaign_analytics: analytics }

const TONES = { high: 'good', medium: 'accent', low: '' }

const roas = (value) => (value === null || value === undefined ? '–' : `${value.toFixed(2)}×`)

function actions({ predicted_actions: predicted, model }) {
  if (!predicted.length) return h('p', { class: 'soft' }, 'Too little is known of what this user does.')
  const rows = predicted.map(({ action, probability, confidence }) => h('tr', {},
    h('th', { scope: 'row' }, words(action)),
    h('td', { class: 'meter' }, meter(probability, words(action))),
    h('td', { class: 'num' }, h('span', { class: 'tag', 'data-tone': TONES[confidence] }, confidence))))
  return [h('table', { class: 'rows' }, h('tbody', {}, rows)), h('p', { class: 'note' }, `What comes next, by model ${model.version}.`)]
}

function dashboard({ videos, campaigns, totals, in_progress: running, next_steps: steps }) {
  return [
    figures(totals),
    steps.length ? h('ul', { class: 'steps' }, steps.map(step)) : null,
    subjects('Videos', 'video', videos.map((each) => ({ ...each, id: each.video_id, name: each.title, began: each.uploaded_at }))),
    subjects('Campaigns', 'campaign', campaigns.map((each) => ({ ...each, id: each.campaign_id, began: each.created_at }))),
    running.length ? h('p', { class: 'note' }, `${plural(running.length, 'result')} on the way.`) : null,
  ]
}

function figures({ impressions, clicks, spend, revenue, ctr, roas: value }) {
  return h('dl', { class: 'funnel' }, [['impressions', count(impressions)], ['clicks', count(clicks)], ['CTR', percent(ctr, 2)], ['spend', money(spend)], ['revenue', money(revenue)], ['ROAS', roas(value)]]
    .map(([name, figure]) => h('div', {}, h('dt', {}, name), h('dd', {}, figure))))
}

function step({ text, reason, subject, subject_id: id }) {
  return h('li', {}, h('p', { class: 'what' }, subject && id ? h('a', { href: pageOf(subject, id) }, text) : text), h('p', { class: 'soft' }, reason))
}

function subjects(title, subject, items) {
  if (!items.length) return null
  const rows = items.slice(0, 20).map(({ id, name, began, totals }) => h('tr', {},
    h('th', { scope: 'row' }, h('a', { class: 'key', href: pageOf(subject, id) }, name ?? id), name ? h('span', { class: 'soft' }, ` ${id}`) : null),
    h('td', { class: 'num' }, plural(totals.impressions, 'impression')),
    h('td', { class: 'num' }, percent(totals.ctr, 2)),
    h('td', { class: 'num soft' }, since(began))))
  return [h('h3', {}, `${title} (${items.length})`), h('table', { class: 'rows' }, h('tbody', {}, rows))]
}

function analytics({ campaigns }) {
  if (!campaigns.length) return h('p', { class: 'soft' }, 'This user has no campaigns.')
  const head = ['Impressions', 'Clicks', 'CTR', 'Predicted', 'Spend', 'Revenue', 'ROAS', 'Predicted']
  return [
    h('div', { class: 'wide' }, h('table', { class: 'rows' },
      h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, 'Campaign'), head.map((name) => h('th', { scope: 'col', class: 'num' }, name)))),
      h('tbody', {}, campaigns.map(analysed)))),
    campaigns.filter(({ best_variants: best, comparison }) => best.length || Object.keys(comparison).length).slice(0, 10).map(closer),
  ]
}

function analysed({ campaign_id: id, actual, predicted }) {
  const figures = [count(actual.impressions), count(actual.clicks), percent(actual.ctr, 2), percent(predicted?.ctr, 2), money(actual.spend), money(actual.revenue), roas(actual.roas), roas(predicted?.roas)]
  return h('tr', {}, h('th', { scope: 'row' }, h('a', { class: 'key', href: pageOf('campaign', id) }, id)), figures.map((figure, place) => h('td', { class: place === 3 || place === 7 ? 'num soft' : 'num' }, figure)))
}

function closer({ campaign_id: id, comparison, best_variants: best, worst_variants: worst }) {
  return h('div', { class: 'closer' }, h('h3', {}, id), h('dl', { class: 'facts' }, Object.entries(comparison).map(compared)), variants('Best', best), variants('Worst', worst))
}

// Predicted from what came before the last two weeks, against what these weeks brought.
function compared([name, told]) {
  if (!told || typeof told !== 'object') return null
  const format = name === 'ctr' ? (value) => percent(value, 2) : roas
  const verdict = told.within === true ? ' within what was expected' : told.within === false ? ' outside what was expected' : ''
  return fact(name.toUpperCase(), `predicted ${format(told.predicted)}, came to ${format(told.actual)}${verdict}`)
}

function variants(title, items) {
  if (!items.length) return null
  const rows = items.map(({ variant_id: name, impressions, ctr, significant }) => h('tr', {},
    h('th', { scope: 'row' }, name), h('td', { class: 'num' }, plural(impressions, 'impression')), h('td', { class: 'num' }, percent(ctr, 2)),
    h('td', { class: 'num' }, significant ? h('span', { class: 'tag', 'data-tone': 'accent' }, 'significant') : null)))
  return h('table', { class: 'rows' }, h('caption', {}, title), h('tbody', {}, rows))
}
