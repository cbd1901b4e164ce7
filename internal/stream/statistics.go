package stream

import "time"

// statisticsDefinition: numbers of pushes to all or tagged users (All/Tagged Users Push Data
// Statistics).
var statisticsDefinition = definition{
	name:      "statistics",
	path:      "/v4/timpush/all_member_push_statistics",
	maxWindow: 30 * 24 * time.Hour,
	byTask:    true,
	format: Format{
		Counters: true,
		Arrays:   []Array{{Name: "PlatformStatistics", Grain: ByPlatform, Counters: true}},
	},
}
