// @ts-check
// The codes of a status that the page treats in its own way. 4900 and above: this page disconnected.

export const SIGNED_OUT = 4502 // docs/protocol.md
export const BANNED = 4503
export const SOMEBODY_ELSE = 4900
export const NO_COOKIES = 4901
