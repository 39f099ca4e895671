// The peer on Socket.IO: greets each client. It serves its own client script, as by default.
// node socketio_server.js prints the port of 127.0.0.1 on which it listens.

import { createServer } from "node:http"
import { Server } from "socket.io"

const http = createServer((_, response) => {
  response.setHeader("Content-Type", "text/html")
  response.end("<!doctype html><title>Socket.IO</title>")
})
new Server(http).on("connection", (socket) => socket.emit("message", "welcome"))
http.listen(0, "127.0.0.1", () => console.log(http.address().port))
