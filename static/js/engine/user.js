// @ts-check
// Names the user in each request of this page or worker. The server refuses such a request if it comes
// without any cookie, because something on the way drops them. As a new guest, the browser would get a
// cookie that takes the place of the user's for good.

let user = ""

/** @param {string} id of the user whose requests these are from now on */
export function requestAs(id) {
  user = id
}

/** Return `address` with the user's id in its query, if it is known. @param {string} address */
export function asUser(address) {
  if (!user) return address
  return `${address}${address.includes("?") ? "&" : "?"}as=${encodeURIComponent(user)}`
}
