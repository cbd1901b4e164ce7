package stream

import "time"

// How many pushes accompanied one-to-one and group chat messages (Chat Service
// Push Data Statistics). The rows of the page's sample have no EventType, though its
// table of fields does.
var chatStatisticsDefinition = definition{
	name:      "chat_statistics",
	path:      "/v4/timpush/normal_push_statistics",
	maxWindow: 30 * 24 * time.Hour,
	format: Format{
		Bare:     true,
		Counters: true,
		Arrays:   []Array{{Name: "PlatformStatistics", Grain: ByPlatform, Counters: true, EventOptional: true}},
	},
}
