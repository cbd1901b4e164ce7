// Package schedules runs jobs when a schedule file says so. It knows neither
// what a job does nor where anything is kept: jobs are functions.
//
// A [Runner] never runs a job twice at a time within its process, not even from
// two entries: a tick that finds its job running is skipped. At its start it
// makes up for missed ticks, once per job, one job after the other in the order of
// the file. When it is told to stop, it starts nothing more and waits for what is
// running.
//
// Any number of processes may run the same schedules: all of them tick at the same
// moments, @every included, and the jobs see to it that they share the work.
//
// Where clocks change, a tick in the hour that is repeated comes twice, and one
// in the hour that is left out does not come. Neither does harm, nor does a
// skipped tick, because a job is to bring a state up to date, whatever the tick:
// the second tick finds nothing to do, and the next one does what was left.
package schedules
