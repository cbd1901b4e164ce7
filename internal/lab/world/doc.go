// Package world sets up what a test of the product needs: a stand-in of the API with known figures,
// a migrated database, jobs between them, and one clock for all.
//
// TestARunLoadsWhatTheAPIReports of this package shows how a test uses it.
//
// A test changes the fields of its world as it likes, such as Now, Settings, Apps or Transport. The next job uses them.
//
// Each part is there by itself too: [NewAPI] for what calls the API without a database, [Open] for what reads and writes
// without an API. A test that only needs SQL uses pgtest. A package whose tests all need more embeds a World in a type of
// its own.
package world
