// @ts-check
// The files that were chosen for messages, by room, and their uploads. What is uploaded survives a
// reload; what is not is held by this page alone.

import { keyOf, loadFiles, saveFiles } from "../storage.js"
import { attachmentOf, failed, MOST, uploadedOf } from "./attachment.js"
import { upload } from "./upload.js"

/** @import { FileInfo } from "../file_words.js" */
/** @import { Parley } from "../parley.js" */
/** @import { Attachment } from "./attachment.js" */

const AT_ONCE = 2 // more would only share the same way

export class Uploads extends EventTarget {
  /** @type {Map<string, readonly Attachment[]>} */ #rooms = new Map()
  /** @type {Map<number, AbortController>} */ #running = new Map()
  /** @type {Set<number>} */ #resting = new Set() // they are tried again a little later
  #lastId = 0
  #parley
  #user
  #limit_bytes

  /** @param {Parley} parley @param {string} user @param {number} limit_bytes of a file */
  constructor(parley, user, limit_bytes) {
    super()
    this.#parley = parley
    this.#user = user
    this.#limit_bytes = limit_bytes
    parley.on("status", () => {
      this.#changed() // what is said of those that wait
      this.#begin()
    })
    addEventListener("storage", ({ key }) => this.#follow(key))
    addEventListener("beforeunload", (event) => {
      const isUnkept = [...this.#rooms.values()].flat().some(({ state }) => state === "waiting" || state === "uploading")
      if (isUnkept) event.preventDefault() // the browser asks
    })
  }

  get isConnected() {
    return this.#parley.state === "connected"
  }

  /** Return the files chosen for the next message in a room. @param {string} room */
  of(room) {
    const known = this.#rooms.get(room)
    if (known) return known
    const stored = loadFiles(this.#user, room).map((info) => uploadedOf(++this.#lastId, info))
    this.#rooms.set(room, stored)
    return stored
  }

  /** Add files; return how many there was no place for. @param {string} room @param {readonly File[]} files */
  add(room, files) {
    const old = this.of(room)
    const fitting = files.slice(0, Math.max(0, MOST - old.length))
    this.#put(room, [...old, ...fitting.map((file) => attachmentOf(++this.#lastId, file, this.#limit_bytes))])
    this.#begin()
    return files.length - fitting.length
  }

  /** @param {string} room @param {number} id */
  remove(room, id) {
    this.#running.get(id)?.abort()
    this.#put(room, this.of(room).filter((other) => other.id !== id))
  }

  /** @param {string} room @param {number} id */
  retry(room, id) {
    this.#set(room, id, (old) => ({ ...old, state: "waiting", failures: 0, reason: undefined }))
    this.#begin()
  }

  /** Return what is ready, for a message that is sent now. @param {string} room @returns {FileInfo[]} */
  take(room) {
    const infos = this.of(room).flatMap(({ info }) => info ?? [])
    this.#put(room, this.of(room).filter(({ state }) => state !== "ready"))
    return infos
  }

  /** Drop all: their user has signed out. */
  forget() {
    for (const room of this.#rooms.keys()) for (const { id } of this.of(room)) this.remove(room, id)
  }

  #begin() {
    if (!this.isConnected) return
    for (const [room, list] of this.#rooms) {
      for (const { id, state } of list) {
        if (this.#running.size >= AT_ONCE) return
        if (state === "waiting" && !this.#resting.has(id)) void this.#upload(room, id)
      }
    }
  }

  /** @param {string} room @param {number} id */
  async #upload(room, id) {
    const { file, name } = /** @type {Attachment} */ (this.of(room).find((other) => other.id === id))
    const ending = new AbortController()
    this.#running.set(id, ending)
    this.#set(room, id, (old) => ({ ...old, state: "uploading" }))
    const onProgress = (/** @type {number} */ sent_bytes) => this.#set(room, id, (old) => ({ ...old, sent_bytes: Math.min(sent_bytes, old.bytes) }))
    try {
      const info = await upload(/** @type {File} */ (file), name, { signal: ending.signal, onProgress })
      this.#set(room, id, (old) => ({ ...old, state: "ready", info, bytes: info.bytes, file: undefined }))
    } catch (error) {
      this.#set(room, id, (old) => {
        const { attachment, wait_ms } = failed(old, error, { isConnected: this.isConnected && navigator.onLine, random: Math.random() })
        if (wait_ms > 0) this.#rest(id, wait_ms)
        return attachment
      })
    }
    this.#running.delete(id)
    this.#begin()
  }

  /** @param {number} id @param {number} wait_ms */
  #rest(id, wait_ms) {
    this.#resting.add(id)
    setTimeout(() => {
      this.#resting.delete(id)
      this.#begin()
    }, wait_ms)
  }

  /** Take over what another tab has uploaded, sent or removed: it has the same drafts. @param {string | null} key */
  #follow(key) {
    for (const [room, list] of this.#rooms) {
      if (key !== keyOf(this.#user, `files.${room}`)) continue
      const known = new Map(list.map((attachment) => [attachment.info?.id, attachment]))
      const ready = loadFiles(this.#user, room).map((info) => known.get(info.id) ?? uploadedOf(++this.#lastId, info))
      this.#rooms.set(room, [...ready, ...list.filter(({ info }) => !info)])
      this.#changed()
    }
  }

  /** @param {string} room @param {number} id @param {(old: Attachment) => Attachment} change */
  #set(room, id, change) {
    if (!this.of(room).some((other) => other.id === id)) return // removed meanwhile
    this.#put(room, this.of(room).map((other) => (other.id === id ? change(other) : other)))
  }

  /** @param {string} room @param {readonly Attachment[]} list */
  #put(room, list) {
    this.#rooms.set(room, list)
    saveFiles(this.#user, room, list.flatMap(({ info }) => info ?? []))
    this.#changed()
  }

  #changed() {
    this.dispatchEvent(new Event("change"))
  }
}
