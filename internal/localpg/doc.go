// Package localpg runs a private Postgres on this machine: for `pushloss demo`, for
// DATABASE_URL=embedded: and for the tests. It needs only the Postgres programs, and
// fetches them if none are installed.
//
// # Files
//
// A database is a directory with these files:
//
//	DIR/postgres/            the data; made under another name and renamed, so always complete
//	DIR/postgres.new/        a running or interrupted initdb
//	DIR/postgres.pass        the password, in libpq's passfile format, mode 0600
//	DIR/postgres.port        the port of the last start, used again by the next
//	DIR/postgres.log         what the server says
//	DIR/postgres.lock        each user of the server holds it shared
//	DIR/postgres.start.lock  the process that starts or stops the server holds it
//	DIR/postgres.binaries/   fetched programs
//	DIR/postgres.location    where the data is when it cannot be in DIR
//
// # Who starts and who stops
//
// Any number of processes may use one directory at the same time. The first starts
// the server, the others join it, and the last one stops it:
//
//	Start                               Close
//	  lock postgres.start.lock            lock postgres.start.lock
//	  exclusive postgres.lock? ─▶ alone   drop the shared postgres.lock
//	  join the server, or start it        exclusive postgres.lock? ─▶ stop it
//	  shared postgres.lock                unlock
//	  unlock
//
// The kernel drops the locks of a killed process, and the server outlives it: the next
// Start joins the server, and its last user stops it.
//
// Postgres refuses to run as root. If root starts it, it runs as the owner of the data, or else as
// postgres, or else as nobody. If that account cannot reach DIR (such as a checkout below /root),
// the data is in /var/lib/pushloss/HASH, and postgres.location has that path.
package localpg
