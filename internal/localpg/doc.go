// Package localpg runs a Postgres of one's own on this machine: for `pushloss
// demo`, for DATABASE_URL=embedded: and for the tests. It needs nothing but the
// Postgres programs, and fetches those where none are installed.
//
// # Files
//
// A database is a directory. Everything about it is found there by name:
//
//	DIR/postgres/            the data; made elsewhere and renamed, so never half made
//	DIR/postgres.new/        an initdb under way, or one that was interrupted
//	DIR/postgres.pass        the password, in libpq's passfile format, mode 0600
//	DIR/postgres.port        the port of the last start, used again by the next
//	DIR/postgres.log         what the server says
//	DIR/postgres.lock        held shared by everyone who uses the server
//	DIR/postgres.start.lock  held by the one who is just starting or stopping it
//	DIR/postgres.binaries/   fetched programs
//	DIR/postgres.location    where the data is when it cannot be in DIR
//
// # Who starts and who stops
//
// Any number of processes may use one directory at once. The first starts the
// server, the others join it, the last one stops it:
//
//	Start                               Close
//	  lock postgres.start.lock            lock postgres.start.lock
//	  exclusive postgres.lock? ─▶ alone   drop the shared postgres.lock
//	  join the server, or start it        exclusive postgres.lock? ─▶ stop it
//	  shared postgres.lock                unlock
//	  unlock
//
// The kernel drops the locks of a process that is killed, the server outlives
// it: the next Start joins it, and its last user stops it.
//
// # Root
//
// Postgres refuses to run as root. Started by root, it runs as the owner of the
// data, else as postgres, else as nobody. Where that account cannot reach DIR
// (a checkout below /root) the data moves to /var/lib/pushloss/HASH, and
// postgres.location says so.
package localpg
