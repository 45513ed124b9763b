// Loaded into the server before anything else, it runs SQLite with synchronous=NORMAL and has it claim FULL: the mistake
// that the forgetful disk must find.
import Database from 'better-sqlite3';

const { pragma } = Database.prototype;

Database.prototype.pragma = function (source, options) {
  if (source === 'synchronous') return 2;
  return pragma.call(this, source === 'synchronous = FULL' ? 'synchronous = NORMAL' : source, options);
};
