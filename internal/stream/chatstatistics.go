package stream

import "time"

// chatStatisticsDefinition: numbers of pushes that accompanied one-to-one and group chat messages
// (Chat Service Push Data Statistics). The rows of the page's sample have no EventType, though its
// table of fields has one.
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
