package stream

import "time"

// chatLossDefinition: losses of the pushes that accompany one-to-one and group chat messages (Chat
// Service Push Loss Analysis). The page's sample is not valid JSON, so it is unknown whether the
// lists are at the top level or under a name. Its rows have no EventType.
var chatLossDefinition = definition{
	name:      "chat_loss",
	path:      "/v4/timpush/normal_push_loss",
	maxWindow: 7 * 24 * time.Hour,
	format: Format{Bare: true, Arrays: []Array{
		{Name: "ReadyToSendLoss", Stage: ReadyToSend},
		{Name: "PostSendDeliveredLoss", Stage: PostSendDelivered},
		{Name: "PlatformReadyToSendLoss", Stage: ReadyToSend, Grain: ByPlatform, EventOptional: true},
		{Name: "PlatformPostSendDeliveredLoss", Stage: PostSendDelivered, Grain: ByPlatform, EventOptional: true},
	}},
}
