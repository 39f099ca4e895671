// @ts-check
// How a tab's end is noticed, even where it crashes: it holds a lock as long as it lives.

const locks = globalThis.navigator?.locks // only where the page came by https or from localhost

/** @param {string} tab */
export function liveAs(tab) {
  void locks?.request(nameOf(tab), () => new Promise(() => {})).catch(() => {})
}

/**
 * @param {string} tab @param {() => void} onEnd
 */
export function watchTab(tab, onEnd) {
  locks?.request(nameOf(tab), onEnd).catch(() => {}) // aborted where the watching page itself goes
}

/** @param {string} tab */
function nameOf(tab) {
  return `parley tab ${tab}`
}
