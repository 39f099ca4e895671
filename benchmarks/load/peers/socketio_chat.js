// The peer on Socket.IO: each client is in the room it names, or in general.
// node socketio_chat.js [redis|streams URL | sqlite] prints the port of 127.0.0.1 on which it listens.
// With sqlite, a message is on the disk, in FOLDER, before it is emitted.

import { createServer } from "node:http"
import { join } from "node:path"
import { createAdapter as createPubSubAdapter } from "@socket.io/redis-adapter"
import { createAdapter as createStreamsAdapter } from "@socket.io/redis-streams-adapter"
import Database from "better-sqlite3"
import { createClient } from "redis"
import { Server } from "socket.io"

const [, , adapterName, url] = process.argv

async function chooseAdapter() {
  if (url === undefined) return undefined
  const client = createClient({ url })
  await client.connect()
  if (adapterName === "streams") return createStreamsAdapter(client)
  const subscriber = client.duplicate()
  await subscriber.connect()
  return createPubSubAdapter(client, subscriber)
}

/** @returns {(message: { room: string, user: string, text: string, time: string }) => void} */
function openStore() {
  if (adapterName !== "sqlite") return () => {}
  const database = new Database(join(process.env.FOLDER ?? ".", "messages.db"))
  database.pragma("journal_mode = WAL")
  database.pragma("synchronous = FULL")
  database.exec("CREATE TABLE messages (id INTEGER PRIMARY KEY, room, user, text, time)")
  const insert = database.prepare("INSERT INTO messages (room, user, text, time) VALUES (@room, @user, @text, @time)")
  return (message) => insert.run(message)
}

const store = openStore()
const http = createServer()
// The load generator counts bytes and does not look for pings among them.
const io = new Server(http, { pingInterval: 300_000, adapter: await chooseAdapter() })
io.on("connection", (socket) => {
  const room = socket.handshake.query.room ?? "general"
  socket.join(room)
  socket.on("message", (text) => {
    const message = { room, user: socket.id, text, time: new Date().toISOString() }
    store(message)
    io.to(room).emit("message", message)
  })
})
http.listen({ port: 0, host: "127.0.0.1", backlog: 4096 }, () => console.log(http.address().port))
