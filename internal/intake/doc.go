// Package intake registers push tasks that others report: programs that post the answers
// of their pushes, and the vendor's callbacks. It also turns the entries of any list into
// tasks.
package intake
