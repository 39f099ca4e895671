// @ts-check
// Uploads one file. By XMLHttpRequest: fetch() says nothing of how much has been sent.

import { BASE } from "../engine/base.js"
import { NoAnswer, Refusal } from "../engine/http.js"
import { asUser } from "../engine/user.js"

/** @import { FileInfo } from "../file_words.js" */

const STALL_MS = 180_000 // a picture that is made anew has 90 s for it, and may wait for others

/**
 * @param {File} file @param {string} name @param {{ signal: AbortSignal, onProgress: (sent_bytes: number) => void }} options
 * @returns {Promise<FileInfo>} what the server says it is
 * @throws {NoAnswer | Refusal | DOMException} DOMException: the file can't be read
 */
export async function upload(file, name, { signal, onProgress }) {
  await file.slice(0, 1).arrayBuffer() // a file that has gone looks to XMLHttpRequest like a lost network
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    /** @type {ReturnType<typeof setTimeout>} */ let stall
    const heard = () => {
      clearTimeout(stall)
      stall = setTimeout(() => request.abort(), STALL_MS)
    }
    request.open("POST", asUser(`${BASE}/api/uploads?name=${encodeURIComponent(name)}`))
    request.setRequestHeader("Content-Type", "application/octet-stream") // what it is, the server finds out
    request.upload.onprogress = ({ loaded }) => {
      heard()
      onProgress(loaded)
    }
    request.onload = () => {
      const answer = parse(request.responseText)
      if (request.status === 201 && answer?.id) resolve(answer)
      else if (typeof answer?.code === "string") reject(new Refusal({ ...answer, type: "error" }))
      else reject(new NoAnswer(`answered ${request.status} by something in between`, request.status))
    }
    request.onerror = () => reject(new NoAnswer("the upload was cut"))
    request.onabort = () => reject(new NoAnswer("the upload was ended"))
    request.onloadend = () => clearTimeout(stall)
    signal.addEventListener("abort", () => request.abort())
    heard()
    request.send(file)
  })
}

/** @param {string} text */
function parse(text) {
  try {
    return JSON.parse(text)
  } catch {
    return null // of something in between
  }
}
