package stream

import "time"

// Losses of the pushes to all or tagged users. The page says 7 days and samples 8; 7
// is what is safe (All/Tagged Users Push Loss Analysis).
var lossDefinition = definition{
	name:      "loss",
	path:      "/v4/timpush/all_member_push_loss",
	maxWindow: 7 * 24 * time.Hour,
	byTask:    true,
	format: Format{Arrays: []Array{
		{Name: "ReadyToSendLoss", Stage: ReadyToSend},
		{Name: "PostSendDeliveredLoss", Stage: PostSendDelivered},
		{Name: "PlatformReadyToSendLoss", Stage: ReadyToSend, Grain: ByPlatform},
		{Name: "PlatformPostSendDeliveredLoss", Stage: PostSendDelivered, Grain: ByPlatform},
	}},
}
