package main

const (
	// gcPercent is above Go's default of 100, with which collecting costs a sixth of the CPU.
	gcPercent = 300
	// baseMemory is for what all apps share: the answers under way and their rows, which
	// extract.Budget limits, the connections to Postgres, the program.
	baseMemory = 45 << 20
	// appMemory is for what each app has while it is worked on: a connection to the API,
	// its workers, the forms of its credentials.
	appMemory = 512 << 10
)

// memoryLimit is how much memory a process may use before it collects at any cost. It
// keeps the process within its documented memory. Below what the apps need, the collector
// would run all the time.
func memoryLimit(apps int) int64 { return baseMemory + int64(apps)*appMemory }
