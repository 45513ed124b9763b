import Database from 'better-sqlite3';

// Holds the write lock of a database file, as a command or another program can, until it receives a message.
const database = new Database(process.argv[2]);
database.exec('begin immediate');
process.send?.('locked');
process.once('message', () => {
  database.exec('rollback');
  database.close();
  process.send?.('released');
  process.disconnect();
});
