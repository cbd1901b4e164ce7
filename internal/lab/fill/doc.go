// Package fill makes a large database of made-up figures, for measuring: it lives
// through a span of days with a clock of its own, and on each pulls what is due
// from a sandbox inside this process, by the jobs that production runs, unpaced.
// Facts, changes, ledger, pulls and archive are therefore what they would be.
package fill
