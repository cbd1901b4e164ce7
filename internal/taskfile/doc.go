// Package taskfile reads lists of push tasks, as CSV or JSON Lines, and what a
// TaskID itself tells of its task.
package taskfile
