package load

import "pushloss/internal/stream"

// tables are those that hold a stream's facts, by grain. Ledger, history and archive
// are those of all streams.
var tables = [...][2]factTable{
	stream.Loss:           {lossTable("stage_loss", stream.ByStage), lossTable("platform_loss", stream.ByPlatform)},
	stream.Statistics:     {counterTable("push_count", stream.ByStage), counterTable("platform_push_count", stream.ByPlatform)},
	stream.ChatLoss:       {lossTable("chat_stage_loss", stream.ByStage), lossTable("chat_platform_loss", stream.ByPlatform)},
	stream.ChatStatistics: {counterTable("chat_push_count", stream.ByStage), counterTable("chat_platform_push_count", stream.ByPlatform)},
}
