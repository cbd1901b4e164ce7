package load

import "pushloss/internal/stream"

// streamTables are the tables that hold a stream's facts. Ledger, history and
// archive are those of all streams.
type streamTables struct{ byStage, byPlatform factTable }

func (t streamTables) both() []factTable { return []factTable{t.byStage, t.byPlatform} }

var tables = [...]streamTables{
	stream.Loss: {
		byStage:    lossTable("stage_loss", false),
		byPlatform: lossTable("platform_loss", true),
	},
	stream.Statistics: {
		byStage:    counterTable("push_count", false),
		byPlatform: counterTable("platform_push_count", true),
	},
	stream.ChatLoss: {
		byStage:    lossTable("chat_stage_loss", false),
		byPlatform: lossTable("chat_platform_loss", true),
	},
	stream.ChatStatistics: {
		byStage:    counterTable("chat_push_count", false),
		byPlatform: counterTable("chat_platform_push_count", true),
	},
}
