// Package fill makes a large database of invented figures, for measuring. It moves a
// clock of its own through a span of days. On each day it pulls what is due from a
// sandbox inside this process, by the jobs that production runs, without a pace. So
// facts, changes, ledger, pulls and archive are what production would store.
package fill
