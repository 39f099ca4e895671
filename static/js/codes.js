// @ts-check
// The codes that the page treats in its own way. 4900 and above: this page disconnected.

export const SIGNED_OUT = 4502 // docs/protocol.md
export const BANNED = 4503
export const SOMEBODY_ELSE = 4900
export const NO_COOKIES = 4901
export const COOKIE_MISSING = "cookie_missing" // of an error
