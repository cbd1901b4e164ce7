// Package taskfile reads lists of push tasks, as CSV or JSON Lines, and what a
// TaskID itself shows of its task.
package taskfile
