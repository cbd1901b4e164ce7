// Package pipeline holds the jobs. run pulls everything that is due, and backfill a range of days.
// Both take the same way:
//
//	what is due ─▶ extract: pull ─▶ transform: normalize ─▶ load ─▶ report
//
// A third one, reconcile, asks for spans of several days and compares the answers
// with the sums of the stored days. Its differences come back to run:
//
//	reconcile: differs ─▶ days opened ─▶ run: pulled again ─▶ the same check again ─▶ agreed
//	                                                                          └──▶ stays: a warning
//
// Apps are worked on beside each other, each under its lock and at its own pace,
// and the failure of one never stops another. Within an app a few workers share
// the plan, so that fetching overlaps with loading; a request is loaded whole or
// not at all, in any order.
package pipeline
