// Package notify notifies people once when something goes wrong, and once when it is
// over.
//
//	report, status ─▶ Verdicts ─▶ Decide (pure) ─▶ events opened and closed,
//	                                               a message of each per target ─▶ sent
//
// Events and messages are kept in the database, so that any number of processes,
// also after a restart, notify an event once. A target that is down keeps its
// messages waiting, those of an event in their order, and does not hold up other targets.
package notify
