package transform

var lossFormat = format{arrays: []array{
	{name: "ReadyToSendLoss", stage: ReadyToSend},
	{name: "PostSendDeliveredLoss", stage: PostSendDelivered},
	{name: "PlatformReadyToSendLoss", stage: ReadyToSend, byPlatform: true},
	{name: "PlatformPostSendDeliveredLoss", stage: PostSendDelivered, byPlatform: true},
}}
