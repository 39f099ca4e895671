// @ts-check
// Tells the tabs of a browser its current user: all tabs have the same cookie, and so the same user.

import { BASE } from "../engine/base.js"

/** @typedef {{ user: string, name: string, isOver: boolean }} Identity isOver: the user has signed out */

// The name contains the folder of the pages, as two servers may share an origin.
const CHANNEL = `parley identity ${BASE}/`

export class Identities {
  /** @type {BroadcastChannel | null} */ #channel = null

  /** @param {(identity: Identity) => void} listener called with the identities that other tabs send */
  constructor(listener) {
    try {
      this.#channel = new BroadcastChannel(CHANNEL)
      this.#channel.onmessage = ({ data }) => listener(data)
    } catch {
      // If storage is forbidden, tabs cannot talk to each other.
    }
  }

  /** @param {Identity} identity */
  post(identity) {
    this.#channel?.postMessage(identity)
  }
}
