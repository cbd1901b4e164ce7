// Package chaos kills the program, its database and its network at random moments, and
// then checks that everything is as if nothing had happened.
//
// Two replicas of the binary run and backfill at the same time against the sandbox, which
// switches on its faults one after another. SIGKILL kills the replicas. Postgres stops in
// immediate mode and starts again. Each replica has networks to the database and to the
// API that the test cuts, breaks and delays. After the storm, and after a backfill that
// the API refuses, the test compares the database with the model below. Then it makes a
// last backfill of everything without faults, and checks that:
//
//   - the facts of all four streams are the sandbox's truth; on days that nobody requested
//     in time they are at least the truth, since wrong answers only raise them;
//   - status reports these days as unproven, and no other problem;
//   - the losses' facts, changes, ledger, rejects and the counts of every pull equal those of an
//     independent model, which parses the archived answers itself and replays them in the
//     order of their pulls;
//   - every archived answer is, byte for byte, one that the sandbox gave to that request;
//   - no replica called an app faster than allowed;
//   - status reports every run of a killed process as abandoned, and none as running;
//   - no credential is in any log or any table;
//   - the program's own verify agrees.
//
// The pace is 16 calls a second and app. At the API's one call a second, a round would take
// hours. The test checks the pace over series of calls, because a busy machine delays single
// arrivals. The tests of extract and pipeline check it for single calls.
//
// `make test` makes a short round, `make chaos` a long one. The test prints the round's
// seed, which decides what happens, though not exactly when:
//
//	go test ./internal/lab/chaos -run Chaos -v -count 1 -timeout 30m -args -kills 200 -seed 7
package chaos
