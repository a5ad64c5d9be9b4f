// `ws`: a frame is made once for all that get it.

const {Sender, WebSocketServer} = require('ws')
const fragment = require('./fragment')
const {open} = require('./store')

const FRAME = {fin: true, rsv1: false, opcode: 1, mask: false, readOnly: true}
const rooms = new Map()

open().then(store => {
  const server = new WebSocketServer({host: '127.0.0.1', port: +process.env.PORT, perMessageDeflate: false, backlog: 4096})
  server.on('connection', (socket, request) => {
    const room = Number(request.url.split('/')[2])
    const person = Number(request.headers.cookie.split('=')[1])
    if (!rooms.has(room)) rooms.set(room, new Set())
    const everybody = rooms.get(room).add(socket)
    socket.on('close', () => everybody.delete(socket))
    socket.on('message', async data => {
      const {client_id: clientId, body} = JSON.parse(data)
      const message = {room, person, clientId, body, createdAt: Date.now()}
      const added = store.add(message)
      message.id = added instanceof Promise ? await added : added
      const frame = Buffer.concat(Sender.frame(Buffer.from(fragment(message)), FRAME))
      for (const reader of everybody) reader._socket.write(frame)
    })
  })
})
