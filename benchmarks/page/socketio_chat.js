// The chat of Socket.IO's tutorial, as its documentation has it: a page, a list, a form.

import { createServer } from "node:http"
import { Server } from "socket.io"

const PAGE = `<!DOCTYPE html>
<html>
<head>
<meta name="viewport" content="width=device-width,initial-scale=1.0">
<title>Socket.IO chat</title>
<style>body { margin: 0; padding-bottom: 3rem; font-family: sans-serif } #form { position: fixed; bottom: 0; left: 0; right: 0; display: flex }</style>
</head>
<body>
<ul id="messages"></ul>
<form id="form" action=""><input id="input" autocomplete="off"><button>Send</button></form>
<script src="/socket.io/socket.io.js"></script>
<script>
  const socket = io()
  const item = (text) => { const li = document.createElement("li"); li.textContent = text; document.getElementById("messages").append(li) }
  socket.on("chat message", item)
  socket.on("connect", () => { document.body.dataset.connected = "" })
  document.getElementById("form").addEventListener("submit", (event) => { event.preventDefault(); socket.emit("chat message", document.getElementById("input").value) })
</script>
</body>
</html>`

const server = createServer((request, response) => response.setHeader("Content-Type", "text/html").end(PAGE))
const io = new Server(server)
io.on("connection", (socket) => {
  for (let number = 0; number < 50; number++) socket.emit("chat message", `message ${number}`)
  socket.on("chat message", (text) => io.emit("chat message", text))
})
server.listen(0, "127.0.0.1", () => console.log(server.address().port))
