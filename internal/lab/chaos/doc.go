// Package chaos kills the program at random moments, together with its database and
// its network, and then looks whether everything is as if nothing had happened.
//
// Two replicas of the binary run and backfill at once against the sandbox, with all
// its faults switched on by turns. They are killed by SIGKILL; Postgres is stopped in
// immediate mode and started again; the networks to the database and to the API are
// cut, broken and delayed, for each replica by itself. What the storm leaves, and a
// backfill that is refused, is compared with the model below; then, after a last quiet backfill of everything:
//
//   - the facts of all four streams are the sandbox's truth; those of the days that it
//     was never asked for in time are at least that, since wrong answers only raise them;
//   - status reports these days as unproven, and no other problem;
//   - of the losses, facts, changes, ledger, rejects and the counts of every pull are those of an
//     independent model that replays the archived answers in the order of their
//     pulls, with a reading of its own;
//   - every archived answer is byte for byte one that the sandbox gave to that
//     request;
//   - no app was ever called faster than allowed;
//   - every run whose process was killed is reported as abandoned, and none as running;
//   - no credential is in any log or any table;
//   - and the program's own verify agrees, where it has one.
//
// The pace is 16 calls a second and app: at the API's one a second a round would take
// hours. It is looked at over runs of calls, since a busy machine delays single
// arrivals; the tests of extract and the pipeline prove it for single calls.
//
// `make test` makes a short round, `make chaos` a long one. A round's seed is
// printed; it decides what is done, though not when the machine gets to it:
//
//	go test ./internal/lab/chaos -run Chaos -v -count 1 -timeout 30m -args -kills 200 -seed 7
package chaos
