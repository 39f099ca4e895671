// @ts-check
// The path below which the server is reached: empty as a rule, or like "/chat" (BASE_PATH). It is
// what stands before the folder from which this very file has come. Pure but for that.

/** @param {string} address of a file of ours */
export function baseOf(address) {
  const { protocol, pathname } = new URL(address)
  return protocol.startsWith("http") ? pathname.slice(0, pathname.lastIndexOf("/static/")) : ""
}

export const BASE = baseOf(import.meta.url)
