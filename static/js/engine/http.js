// @ts-check
// HTTP requests and their answers.

import { BASE } from "./base.js"
import { asUser } from "./user.js"

/** @import { TransportName } from "./policy.js" */

/** @typedef {{ type: string, room?: string, id?: string } & Record<string, unknown>} Command */
/** @typedef {{ type: string, id?: string, code?: string, message?: string, retry_ms?: number, room?: string, epoch?: string, offset?: number }} Reply */
/** @typedef {{ transport: TransportName, url: string, send: string, why: string }} Offer */
/** @typedef {{ session?: string, heartbeat_s: number, poll_hold_s: number, network?: string, transports: Offer[] }} Terms */

const TIMEOUT_MS = 10_000 // a page of history over a poor mobile network takes less

/** No answer arrived: the network or the server is unavailable. Retrying later may help. */
export class NoAnswer extends Error {
  /** @param {string} message @param {number} [status] of the response of an intermediary */
  constructor(message, status) {
    super(message)
    this.status = status
  }
}

/** The server refused the request. Its message may be shown to the user. */
export class Refusal extends Error {
  /** @param {Reply} reply */
  constructor(reply) {
    super(reply.message || "The server refused.")
    this.reply = reply
  }
}

/**
 * Fetch JSON. An answer that is not JSON, or an error without one of the server's codes, came from an
 * intermediary and counts as no answer: a gateway's "no healthy upstream" does not refuse a message.
 * @param {string} path @param {RequestInit & { timeout_ms?: number }} [options]
 * @throws {NoAnswer | Refusal}
 */
export async function request(path, { timeout_ms = TIMEOUT_MS, signal, ...init } = {}) {
  const deadline = AbortSignal.timeout(timeout_ms)
  const signals = signal ? [signal, deadline] : [deadline]
  let response
  let body
  try {
    response = await fetch(asUser(path), { cache: "no-store", ...init, signal: AbortSignal.any(signals) })
    body = await response.json()
  } catch (error) {
    throw new NoAnswer(deadline.aborted ? `no answer in ${timeout_ms} ms` : String(error), response?.status)
  }
  if (response.ok) return body
  // If a request's only command is refused, the response has an error status, with its reply in the list.
  if (body?.replies) return body
  if (typeof body?.code !== "string") throw new NoAnswer(`answered ${response.status} by something in between`, response.status)
  throw new Refusal({ ...body, type: "error" })
}

/** @param {string} path @param {unknown} value @param {AbortSignal} [signal] */
function postJson(path, value, signal) {
  const headers = { "Content-Type": "application/json" }
  return request(path, { method: "POST", headers, body: JSON.stringify(value), signal })
}

/** Ask the server which transports it offers. @param {object} question @param {AbortSignal} [signal] @returns {Promise<Terms>} */
export function negotiate(question, signal) {
  return postJson(`${BASE}/negotiate`, question, signal)
}

/**
 * Send one command by POST and return its reply. Typing has none; then the result is an empty ok.
 * @param {Command} command @param {string} path @param {AbortSignal} [signal] @returns {Promise<Reply>}
 */
export async function postCommand(command, path, signal) {
  const { replies } = await postJson(path, command, signal)
  return replies[0] ?? { type: "ok" }
}
