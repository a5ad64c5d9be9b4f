// socket.io with its rooms, as its guide shows them.

const {Server} = require('socket.io')
const fragment = require('./fragment')
const {open} = require('./store')

open().then(store => {
  const http = require('http').createServer()
  const io = new Server(http, {transports: ['websocket'], perMessageDeflate: false})
  io.on('connection', socket => {
    const room = Number(socket.handshake.query.room)
    const person = Number(socket.handshake.headers.cookie.split('=')[1])
    socket.join(String(room))
    socket.on('message', async ({client_id: clientId, body}) => {
      const message = {room, person, clientId, body, createdAt: Date.now()}
      message.id = await store.add(message)
      io.to(String(room)).emit('message', fragment(message))
    })
  })
  http.listen({host: '127.0.0.1', port: +process.env.PORT, backlog: 4096})
})
