// @ts-check
// Part of the chat page itself, until the other scripts are there: says so if they do not come, and
// keeps what is written meanwhile. When main.js begins, it removes the element.
{
  const WAIT_MS = 15_000 // five times what a slow phone takes on a slow network

  const incomplete = () => document.getElementById("incomplete")
  const tell = () => incomplete()?.removeAttribute("hidden")
  const tellWhenRead = () => (document.readyState === "loading" ? addEventListener("DOMContentLoaded", tell) : tell())

  addEventListener("error", ({ target }) => target instanceof HTMLScriptElement && tellWhenRead(), true)
  setTimeout(tell, WAIT_MS)
  addEventListener("pagehide", () => {
    const field = /** @type {HTMLTextAreaElement | null} */ (document.getElementById("text"))
    if (incomplete() && field?.value) sessionStorage.setItem(`parley.early ${location.pathname}`, field.value)
  })
}
