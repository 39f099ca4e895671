// @ts-check
// What the page asks the search while somebody is still writing. Pure.

const LEAST = 2 // characters; a single letter begins too many words
const OPEN_QUOTE = /^[^"“”„]*(?:["“”„][^"“”„]*["“”„][^"“”„]*)*["“”„][^"“”„]*$/
const WORD_END = /[\p{L}\p{M}\p{N}]$/u
const IS_WHOLE = /(?:^|\s)(?:in|before|after):\S*$/i

/** Return the query for what is written so far: its last word may go on; "" if it is too little. @param {string} text */
export function queryOf(text) {
  const query = text.trim()
  if ([...query].length < LEAST) return ""
  const goesOn = text === text.trimEnd() && WORD_END.test(query) && !OPEN_QUOTE.test(query) && !IS_WHOLE.test(query)
  return goesOn ? `${query}*` : query
}
