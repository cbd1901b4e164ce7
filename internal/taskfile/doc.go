// Package taskfile reads lists of push tasks, as tables or JSON, and what a TaskID itself shows
// about its task.
package taskfile
