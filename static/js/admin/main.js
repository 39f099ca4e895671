// @ts-check
// Refreshes the page for operators: the server renders it, as it does without scripts.

import { byId } from "../views/elements.js"

const EVERY_MS = 2000 // as often as the instances report

/** @param {string} words @param {boolean} isAway */
function showState(words, isAway) {
  const state = byId("state")
  if (state.textContent !== words) state.textContent = words
  state.toggleAttribute("data-is-away", isAway)
}

async function refresh() {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" }, cache: "no-store" })
  if (!answer.ok) throw new Error(`the server answers ${answer.status}`)
  const page = new DOMParser().parseFromString(await answer.text(), "text/html")
  const fresh = page.getElementById("live")
  if (fresh === null) throw new Error("the server answers with another page")
  // Replace nothing while the focus is on a link or in a table, or text is selected to be copied.
  const live = byId("live")
  const isInUse = live.contains(document.activeElement) || !(getSelection()?.isCollapsed ?? true)
  if (!isInUse) live.replaceChildren(...fresh.childNodes)
  showState(isInUse ? "Waits while you are in it" : "Live", false)
}

async function refreshLoop() {
  if (!document.hidden) {
    try {
      await refresh()
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      showState(`As of ${lastTime}; trying again (${why})`, true)
    }
    if (!byId("state").hasAttribute("data-is-away")) lastTime = new Date().toLocaleTimeString()
  }
  setTimeout(refreshLoop, EVERY_MS)
}

let lastTime = new Date().toLocaleTimeString()
showState("Live", false)
setTimeout(refreshLoop, EVERY_MS)
