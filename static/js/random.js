// @ts-check

/** Return `bytes` random bytes as hexadecimal digits. Over plain HTTP, browsers have no randomUUID. @param {number} bytes */
export function randomHex(bytes) {
  return Array.from(crypto.getRandomValues(new Uint8Array(bytes)), (byte) => byte.toString(16).padStart(2, "0")).join("")
}
