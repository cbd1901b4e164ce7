package extract

import "time"

// How many pushes accompanied one-to-one and group chat messages (Chat Service
// Push Data Statistics).
var chatStatisticsEndpoint = endpoint{
	name:      "chat_statistics",
	path:      "/v4/timpush/normal_push_statistics",
	maxWindow: 30 * 24 * time.Hour,
}
