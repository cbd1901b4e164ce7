// Package load stores push statistics in Postgres. A window (a stream's day of a task,
// or of the whole app) is a snapshot: loading it makes the stored rows equal to the answer,
// and records every change after the first load.
//
// One request is loaded in one transaction:
//
//	read the window's rows ─▶ diff (in Go, pure) ─▶ write only the differences,
//	                                                with history, ledger, rejects and raw body
//
// So a process can be killed at any instant: the request then counts as never made, or
// as loaded whole. One process works on an app at a time: it holds the app's session
// advisory lock (Session.LockApp) and an epoch. Every transaction checks the epoch, so
// that a process that lost the lock without noticing cannot write.
//
// The package does not call the API and does not decide what is due.
package load
