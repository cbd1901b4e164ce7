package transform

// The page's sample is no JSON: whether the lists stand at the top or under a name
// is not to be known from it. Its rows have no EventType.
var chatLossFormat = format{bare: true, arrays: []array{
	{name: "ReadyToSendLoss", stage: ReadyToSend},
	{name: "PostSendDeliveredLoss", stage: PostSendDelivered},
	{name: "PlatformReadyToSendLoss", stage: ReadyToSend, byPlatform: true, eventOptional: true},
	{name: "PlatformPostSendDeliveredLoss", stage: PostSendDelivered, byPlatform: true, eventOptional: true},
}}
