// Package world sets up what a test of the product works on: a stand-in of the API with
// known figures, a migrated database, jobs between them, and one clock for all.
//
//	func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }
//
//	func TestARunLoadsWhatTheAPIReports(t *testing.T) {
//		t.Parallel()
//		w := world.New(t)
//		w.Tasks("spring-sale")
//		w.API.Faults("http-500:first=1")
//		w.Run(load.RunDone)
//		today := calendar.DayOf(w.Now, time.UTC)
//		w.EqualsTruth(today-3, today-1, "spring-sale")
//	}
//
// A test changes the fields of its world as it likes, such as Now, Settings, Apps or Transport. The next job uses them.
//
// Each part is there by itself too: [NewAPI] for what calls the API without a database, [Open] for what reads and writes
// without an API. A test that only needs SQL uses pgtest. A package whose tests all need more embeds a World in a type of
// its own.
package world
