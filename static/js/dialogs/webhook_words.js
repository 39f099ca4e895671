// @ts-check
// Says what a webhook tells of, and what became of it. Pure.

import { serverWords } from "../refusals.js"
import { t, tn } from "../texts.js"

/** @typedef {{ id: string, type: string, state: string, attempts: number, time: string, status?: number, problem?: string, next_time?: string }} Delivery */
/** @typedef {{ id: string, url: string, events: string[], name: string, is_enabled: boolean, waiting: number, why?: string, last?: Delivery }} Webhook */

/** @type {readonly (readonly [string, string])[]} each event and its words */
export const EVENTS = [
  ["message", t("Messages")],
  ["edited", t("Changes of messages")],
  ["deleted", t("Deletions")],
  ["reaction", t("Reactions")],
  ["joined", t("Who joins")],
  ["left", t("Who leaves")],
  ["room_changed", t("Changes of the room")],
]

/** @param {string[]} events */
export function eventsWords(events) {
  return EVENTS.filter(([event]) => events.includes(event))
    .map(([, words]) => words)
    .join(", ")
}

/** @param {string} event */
export function eventWords(event) {
  return EVENTS.find(([known]) => known === event)?.[1] ?? event
}

/** Return how a webhook is, in a sentence. @param {Webhook} webhook @param {(time: string) => string} shown */
export function webhookWords({ is_enabled, why, waiting, last }, shown) {
  if (why) return t("Disabled: {why}", { why: serverWords(why) })
  if (!is_enabled) return t("Disabled.")
  if (!last) return t("Nothing has happened yet.")
  const words = deliveryWords(last, shown)
  return waiting > 0 ? `${words} · ${tn(waiting, "{count} delivery is tried again", "{count} deliveries are tried again")}` : words
}

/** Return what became of a delivery. @param {Delivery} delivery @param {(time: string) => string} shown */
export function deliveryWords({ state, attempts, time, problem = "", next_time = "" }, shown) {
  const at = shown(time)
  const why = serverWords(problem)
  switch (state) {
    case "delivered":
      return attempts > 1 ? t("Delivered {time}, at attempt {attempts}", { time: at, attempts }) : t("Delivered {time}", { time: at })
    case "waiting":
      return t("Failed {time}: {why}. The next attempt is {next}.", { time: at, why, next: shown(next_time) })
    case "failed":
      return t("Given up {time}: {why}", { time: at, why })
    default:
      return t("Not sent: the room has not kept it.")
  }
}
