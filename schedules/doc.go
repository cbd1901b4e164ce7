// Package schedules runs jobs by a schedule file. It knows neither what a job does nor where
// anything is stored: jobs are functions.
//
// A [Runner] never runs a job twice at a time within its process, not even from
// two entries: a tick that finds its job running is skipped. At its start it
// runs missed ticks later, once per job, one job after the other in the order of
// the file. When it is stopped, it starts nothing more and waits for what is
// running.
//
// Any number of processes may run the same schedules: all of them tick at the same
// moments, @every included, and the jobs see to it that they share the work.
//
// Schedules go by the clock on the wall of their time zone. A time that clocks leave
// out comes at the first instant after the gap, so no day and no week is lost; a time
// that clocks show twice comes once. A schedule of every hour runs through both changes
// at its pace.
package schedules
