// Package fill makes a large database of invented figures, for measuring. It moves its own clock
// through a span of days. For each day, the jobs of production pull what is due from a sandbox
// inside this process, without a pace. So facts, changes, ledger, pulls and archive are what
// production would store.
package fill
