// @ts-check
// The path prefix of the server: usually empty, or for example "/chat" (BASE_PATH). It is the part of
// this file's own address before "/static/". Pure apart from reading that address.

/** Return the path prefix in the address of a static file. @param {string} address of a file under /static/ */
export function baseOf(address) {
  const { protocol, pathname } = new URL(address)
  return protocol.startsWith("http") ? pathname.slice(0, pathname.lastIndexOf("/static/")) : ""
}

export const BASE = baseOf(import.meta.url)

/** The address of the folder of our scripts, which is another one for each server and version. */
export const SCRIPTS = import.meta.url.slice(0, import.meta.url.lastIndexOf("/js/") + "/js/".length)
