package transform

// The rows of the page's sample have no EventType, though its table of fields does.
var chatStatisticsFormat = format{
	bare:     true,
	counters: true,
	arrays:   []array{{name: "PlatformStatistics", byPlatform: true, counters: true, eventOptional: true}},
}
