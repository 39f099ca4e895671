// @ts-check
// The page for operators shows itself anew: the server renders it, as it does without scripts.

import { byId } from "../views/elements.js"

// As often as instances tell of themselves.
const EVERY_MS = 2000

/** @param {string} words @param {boolean} isAway */
function say(words, isAway) {
  const state = byId("state")
  if (state.textContent !== words) state.textContent = words
  state.toggleAttribute("data-is-away", isAway)
}

/** Put what the server shows now in the place of what it showed. */
async function refresh() {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" }, cache: "no-store" })
  if (!answer.ok) throw new Error(`the server answers ${answer.status}`)
  const page = new DOMParser().parseFromString(await answer.text(), "text/html")
  const fresh = page.getElementById("live")
  if (fresh === null) throw new Error("the server answers with another page")
  // Not while somebody is on a link or in a table by keyboard, or copies a number.
  const live = byId("live")
  const isInUse = live.contains(document.activeElement) || !(getSelection()?.isCollapsed ?? true)
  if (!isInUse) live.replaceChildren(...fresh.childNodes)
  say(isInUse ? "Waits while you are in it" : "Live", false)
}

async function goOn() {
  if (!document.hidden) {
    try {
      await refresh()
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      say(`As of ${lastTime}; trying again (${why})`, true)
    }
    if (!byId("state").hasAttribute("data-is-away")) lastTime = new Date().toLocaleTimeString()
  }
  setTimeout(goOn, EVERY_MS)
}

let lastTime = new Date().toLocaleTimeString()
say("Live", false)
setTimeout(goOn, EVERY_MS)
