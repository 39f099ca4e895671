// @ts-check
// How a tab's end is noticed, even where it crashes: it holds a lock as long as it lives.

const locks = globalThis.navigator?.locks // only where the page came by https or from localhost

/**
 * Hold this tab's lock. It can be watched when this resolves, and not before: who asks first gets it.
 * @param {string} tab
 * @returns {Promise<void>}
 */
export function liveAs(tab) {
  return new Promise((resolve) => {
    const hold = () => {
      resolve()
      return new Promise(() => {})
    }
    locks?.request(nameOf(tab), hold).catch(() => {}) // where storage is forbidden: then unwatched
  })
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
