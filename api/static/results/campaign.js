// The results of a campaign.

import { h } from '../dom.js'
import { count, money, percent, plural, words } from '../format.js'
import { interval } from './gauges.js'

const FUNNEL = ['spend', 'impressions', 'clicks', 'conversions', 'revenue']
const SHOWN = 12

export const campaignViews = { roas_prediction: roas, variant_generation: variants, variant_scoring: scores }

const whole = (id) => h('span', { class: 'whole' }, id)
const times = (value) => `${value.toFixed(2)}×`

function roas({ campaign, variants: each, evidence, note, model_version: model }) {
  const most = Math.max(campaign.roas.high * 1.15, 1)
  return [
    h('div', { class: 'headline' }, h('p', { class: 'big' }, times(campaign.roas.value)), h('p', { class: 'soft' }, `between ${times(campaign.roas.low)} and ${times(campaign.roas.high)} with a probability of 80 %`)),
    interval(campaign.roas, { most, format: times, label: 'Expected ROAS' }),
    h('dl', { class: 'funnel' }, FUNNEL.map((name) => h('div', {}, h('dt', {}, name), h('dd', {}, money(campaign[name].value)), h('dd', { class: 'soft' }, `${money(campaign[name].low)} to ${money(campaign[name].high)}`)))),
    h('p', { class: 'note' }, `${note} From ${plural(evidence.outcomes, 'outcome')}; ${plural(each.length, 'variant')}; model `, whole(model), '.'),
  ]
}

function variants({ variants: texts, source, language }, { scores: ranked }) {
  const ranks = new Map(ranked.map((score) => [score.variant_id, score]))
  const order = (text) => ranks.get(text.variant_id)?.rank ?? Infinity
  const best = texts.toSorted((a, b) => order(a) - order(b))
  const cards = best.map((text) => card(text, ranks.get(text.variant_id)))
  return [
    h('ol', { class: 'variants' }, cards.slice(0, SHOWN)),
    cards.length > SHOWN ? h('details', { class: 'more' }, h('summary', {}, `${plural(cards.length - SHOWN, 'more variant')}`), h('ol', { class: 'variants' }, cards.slice(SHOWN))) : null,
    h('p', { class: 'note' }, `${plural(texts.length, 'text')} in ${language}. ${source}`),
  ]
}

function card({ variant_id: name, headline, primary_text: text, call_to_action: call, angle, format, audience }, score) {
  return h('li', {},
    h('p', { class: 'rank' }, score ? `${count(score.rank)}` : '–'),
    h('div', {}, h('p', { class: 'what' }, headline), h('p', { class: 'soft' }, text),
      h('p', { class: 'tags' }, [call, words(angle), words(format), audience].filter(Boolean).map((tag) => h('span', { class: 'tag' }, tag)), h('span', { class: 'mono soft' }, name))),
    score ? h('p', { class: 'num', title: `${times(score.low)} to ${times(score.high)}` }, times(score.ctr), h('span', { class: 'soft' }, ' mean CTR')) : null)
}

function scores({ scores: ranked, model_version: model }) {
  const most = Math.max(...ranked.map(({ high }) => high), 1)
  const rows = ranked.slice(0, SHOWN).map((score) => h('tr', {},
    h('td', { class: 'num soft' }, count(score.rank)),
    h('th', { scope: 'row' }, score.variant_id),
    h('td', { class: 'meter' }, interval({ ...score, value: score.ctr }, { most, format: times, label: score.variant_id })),
    h('td', { class: 'num' }, times(score.ctr)),
    h('td', { class: 'num soft' }, score.evidence.impressions ? plural(score.evidence.impressions, 'impression') : 'no outcomes')))
  const under = ranked.length > SHOWN ? `The best ${SHOWN} of ${ranked.length}. ` : ''
  return [h('table', { class: 'rows' }, h('tbody', {}, rows)), h('p', { class: 'note' }, `${under}CTR relative to the campaign’s mean, ${percent(0.8, 0)} intervals; model `, whole(model), '.')]
}
