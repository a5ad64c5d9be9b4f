// Where messages are kept: `add` stores one durably and gives its id. DATABASE names a file, or a PostgreSQL.

const INSERT = 'INSERT INTO messages (room, person, client_id, body, created_at) VALUES'
const COLUMNS = 'room INTEGER, person INTEGER, client_id TEXT UNIQUE, body TEXT, created_at BIGINT'
const values = m => [m.room, m.person, m.clientId, m.body, m.createdAt]

exports.open = async () =>
  process.env.DATABASE.startsWith('postgresql:') ? postgresql(process.env.DATABASE) : sqlite(process.env.DATABASE)

// The loop waits for each commit: that is how node's own SQLite works, and what makes it fast.
function sqlite(path) {
  const db = new (require('node:sqlite').DatabaseSync)(path)
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL')
  db.exec(`CREATE TABLE messages (id INTEGER PRIMARY KEY, ${COLUMNS})`)
  const insert = db.prepare(`${INSERT} (?, ?, ?, ?, ?)`)
  return {add: message => insert.run(...values(message)).lastInsertRowid}
}

async function postgresql(url) {
  const pool = new (require('pg').Pool)({connectionString: url, max: 5})
  await pool.query(`CREATE TABLE messages (id BIGSERIAL PRIMARY KEY, ${COLUMNS})`)
  const text = `${INSERT} ($1, $2, $3, $4, $5) RETURNING id`
  return {add: async message => (await pool.query({name: 'add', text, values: values(message)})).rows[0].id}
}
