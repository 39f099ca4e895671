// The peer on Socket.IO: each client is in the room it names, or in general.
// node socketio_chat.js [redis|streams URL] prints the port of 127.0.0.1 on which it listens.

import { createServer } from "node:http"
import { createAdapter as createPubSubAdapter } from "@socket.io/redis-adapter"
import { createAdapter as createStreamsAdapter } from "@socket.io/redis-streams-adapter"
import { createClient } from "redis"
import { Server } from "socket.io"

const [, , adapterName, url] = process.argv

async function chooseAdapter() {
  if (adapterName === undefined) return undefined
  const client = createClient({ url })
  await client.connect()
  if (adapterName === "streams") return createStreamsAdapter(client)
  const subscriber = client.duplicate()
  await subscriber.connect()
  return createPubSubAdapter(client, subscriber)
}

const http = createServer()
// The load generator counts bytes and does not look for pings among them.
const io = new Server(http, { pingInterval: 300_000, adapter: await chooseAdapter() })
io.on("connection", (socket) => {
  const room = socket.handshake.query.room ?? "general"
  socket.join(room)
  socket.on("message", (text) => {
    io.to(room).emit("message", { room, user: socket.id, text, time: new Date().toISOString() })
  })
})
http.listen({ port: 0, host: "127.0.0.1", backlog: 4096 }, () => console.log(http.address().port))
