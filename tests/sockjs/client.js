// A SockJS client in a process of its own: `node client.js URL TRANSPORT`.
// Each line in is sent; each line out tells what happened. When there is no more to send it closes.

import { createInterface } from "node:readline"
import SockJS from "sockjs-client"

const [url, transport] = process.argv.slice(2)
const tell = (what) => process.stdout.write(JSON.stringify(what) + "\n")

const socket = new SockJS(url, null, { transports: [transport] })
socket.onopen = () => tell({ opened: socket.transport })
socket.onmessage = ({ data }) => tell({ message: JSON.parse(data) })
socket.onclose = ({ code, reason }) => {
  tell({ closed: code, reason })
  process.exit()
}

for await (const line of createInterface({ input: process.stdin })) socket.send(line)
socket.close()
