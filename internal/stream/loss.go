package stream

import "time"

// lossDefinition: losses of the pushes to all or tagged users (All/Tagged Users Push Loss
// Analysis). The page says 7 days, but its samples have 8. 7 is safe.
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
