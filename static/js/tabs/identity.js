// @ts-check
// Tells the tabs of a browser who it is: they all have one cookie, and so are one person.

/** @typedef {{ user: string, name: string, isOver: boolean }} Identity isOver: they have signed out */

// By the folder that pages come from: two servers may share an origin.
const CHANNEL = `parley identity ${new URL("../../..", import.meta.url).pathname}`

export class Identities {
  /** @type {BroadcastChannel | null} */
  #channel = null

  /** @param {(identity: Identity) => void} hear what another tab tells */
  constructor(hear) {
    try {
      this.#channel = new BroadcastChannel(CHANNEL)
      this.#channel.onmessage = ({ data }) => hear(data)
    } catch {
      // Where storage is forbidden, a tab is alone.
    }
  }

  /** @param {Identity} identity */
  tell(identity) {
    this.#channel?.postMessage(identity)
  }
}
