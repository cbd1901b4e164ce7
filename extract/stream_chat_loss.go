package extract

import "time"

// Losses of the pushes that accompany one-to-one and group chat messages (Chat
// Service Push Loss Analysis).
var chatLossEndpoint = endpoint{
	name:      "chat_loss",
	path:      "/v4/timpush/normal_push_loss",
	maxWindow: 7 * 24 * time.Hour,
}
