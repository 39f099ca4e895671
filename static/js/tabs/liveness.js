// @ts-check
// Notices that a tab has ended, even by a crash: each tab holds a lock as long as it lives.

const locks = globalThis.navigator?.locks // locks exist only on pages from HTTPS or localhost

/**
 * Hold this tab's lock. Watch the tab only after this resolves: the first to request the lock gets it.
 * @param {string} tab @returns {Promise<void>}
 */
export function holdLock(tab) {
  return new Promise((resolve) => {
    const hold = () => {
      resolve()
      return new Promise(() => {})
    }
    locks?.request(nameOf(tab), hold).catch(() => {}) // storage is forbidden: the tab is not watched
  })
}

/** Call `onEnd` when a tab has ended. @param {string} tab @param {() => void} onEnd */
export function watchTab(tab, onEnd) {
  locks?.request(nameOf(tab), onEnd).catch(() => {}) // aborted when the watching page itself ends
}

/** @param {string} tab */
function nameOf(tab) {
  return `parley tab ${tab}`
}
