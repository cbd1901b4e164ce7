package transform

var statisticsFormat = format{
	counters: true,
	arrays:   []array{{name: "PlatformStatistics", byPlatform: true, counters: true}},
}
