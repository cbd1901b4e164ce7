// Package sandbox is a local stand-in for the push-loss and push-statistics APIs of Tencent Cloud Chat's Push service, for
// trying things out, for the demo and for tests. It shares no code with the rest of the program, so that it can check it.
//
// It serves four streams, one file each:
//
//	loss             v4/timpush/all_member_push_loss        [Path]                 7 days  TaskID
//	statistics       v4/timpush/all_member_push_statistics  [StatisticsPath]      30 days  TaskID
//	chat_loss        v4/timpush/normal_push_loss            [ChatLossPath]         7 days
//	chat_statistics  v4/timpush/normal_push_statistics      [ChatStatisticsPath]  30 days
//
// It also serves the list of scheduled pushes, v4/timpush/list_sched_task [ScheduledPath]: one push a day, dispatched at
// [ScheduledHour] UTC. Its faults are those of [Scheduled].
//
// # What it follows
//
// From the API page All/Tagged Users Push Loss Analysis: POST to [Path] with sdkappid, identifier, usersig, random and
// contenttype=json in the query, all case-sensitive; StartTime, EndTime and up to five TaskID in a JSON body, none
// meaning the app's overall figures; at most 7 days; one call a second; HTTP status 200 also for errors; "sucess". From
// the page All/Tagged Users Push Data Statistics: the same with at most 30 days, four counters and PlatformStatistics. From the pages Chat Service
// Push Loss Analysis and Chat Service Push Data Statistics: StartTime and EndTime only, platform rows without EventType,
// counters and PlatformStatistics at top level. From the pages Error Codes and Secure Authentication with UserSig: the
// codes of refused calls. UserSigs are verified with the official library.
//
// The sandbox checks a call in this order. The first objection is the answer:
//
//	not POST 60002 · query unreadable 60002 · sdkappid missing 60012, not a number 60025 · unknown app 70020
//	closer than a second to the app's previous call 60007
//	transport faults
//	identifier, usersig or contenttype missing or wrong 60025 · random not a uint32 60002
//	usersig undecodable 70003 · of another app 70014 · of another identifier 70013 · expired 70001 · of another key 70009
//	identifier not an administrator 90009
//	body not a JSON object 90001 · types, more than 5 tasks, StartTime >= EndTime, more than 7 (or 30) * 86400 s 90100
//	API faults
//
// # What it assumes
//
// The published pages leave these open. The sandbox's choice is an assumption, not a fact about the service:
//
//   - The second is counted per SDKAppID over all streams together, which is the strictest reading of "1 call per second
//     each"; between arrivals, on the monotonic clock, without tolerance or burst. Every arrival is the next one's
//     predecessor, refused or not.
//   - All streams refuse with the same codes.
//   - Another path answers 60009. A UserSig of text that decompresses but is not JSON answers 70014, as the library sees it.
//   - EndTime is exclusive. A window selects by the time of the event, to the second; windows add up wherever they are cut
//     (but see the fault week-differs).
//   - Chat losses have their four arrays at top level, as chat statistics have their counters: the page prints no JSON. The
//     fault chat-nested is the other reading, under an invented name.
//   - TaskID in the body of a chat stream is ignored.
//   - Only [] asks for the overall figures: a missing or null TaskID, "" and [""] are refused with 90100, as are times that
//     are not integers. All other members of the body are ignored.
//   - Any task ID is a known task unless it begins with "unknown"; unknown ones have no element in Results.
//   - Results come in the order of the request. A TaskID asked for twice is answered once, but counts twice towards five.
//   - The overall answer is one element with the TaskID "". Its figures are not the sum of the tasks', and platform rows
//     do not add up to stage rows, as in the page's sample.
//   - Without losses the arrays are [], never null or left out; without pushes the counters are 0. Rows are in a fixed order;
//     their number has no limit; no code means success; no row has a count of 0.
//   - Statistics and losses of an app, a task or a channel count the same pushes, and are late, restated and forgotten alike:
//     TotalCount - SentCount is more than the losses ready to send, SentCount - DeliveredCount more than the losses after
//     sending. The pages' samples agree with this for tasks.
//   - A channel has a row of PlatformStatistics if any of its four counters is not 0. APNs rows (PushPlatform 1) have 0
//     delivered and some clicked, as in the page's sample; otherwise less is clicked than delivered. Channels do not add up
//     to the task's or the app's own counters.
//   - Chat pushes are offline pushes. Their figures are not part of the app's overall ones.
//   - ErrInfo of a code is always the same, and sometimes "".
//   - The faults end-inclusive and day-figures are the other readings of a window that the pages allow.
//   - The future has no figures. The sandbox never forgets the past (but see the faults forget-after and forget-error).
//   - With Config.TaskStarts, a task has no figures before the time its ID gives.
//   - A signature made in the future is valid, as the library has it.
//
// # Figures
//
// A count is a function of (seed, app, task, cell, hour), a cell being one possible row. Each cell has losses in every
// twelfth hour, at one second of it; with Config.Rows set, therefore, every whole day of any time zone has exactly that many
// rows of losses. Pushes that no row of losses counts are made in the same way. Statistics are the sums of both, so they too
// are repeatable and add up wherever a window is cut. Chat figures are independent of the others.
//
// [Sandbox.Truth], [Sandbox.Statistics], [Sandbox.ChatTruth] and [Sandbox.ChatStatistics] return what a correct answer says.
//
// # Faults
//
// Config.Faults, or later [Sandbox.SetFaults], switches a [Fault] on by name; [Faults] lists them. Faults affect the calls
// that keep the pace. API faults and oddities affect only calls that are otherwise valid.
//
// Faults of transport, of the API and of the truth affect every stream; so do most oddities. A fault that selects by task,
// even by task=overall, does not affect streams without tasks. The other oddities:
//
//	loss and chat_loss              err-code-number, no-code, nul-text, invalid-utf8
//	statistics and chat_statistics  missing-count, negative-counter, fractional-counter, missing-counter
//	loss and statistics             unasked-task, absent-task, task-id-case
//	statistics                      duplicate-result
//	chat_loss                       chat-nested
//
// In statistics, count-string means the four counts everywhere; duplicate-rows, negative-count and fractional-count change
// rows of PlatformStatistics, the bad ones in DeliveredCount; empty answers zeros. published-sample answers each stream's own
// sample. That of chat_loss is compiled from what its page is known to print, and is not valid JSON.
//
// # Questions about the sandbox itself
//
// GET /sandbox/stats answers [Stats]. GET /sandbox/truth?stream=NAME&sdkappid=N&taskid=ID&start=S&end=S answers [Figures] or
// [Statistics]; without stream, of the losses. GET /sandbox/incidents?sdkappid=N answers the incidents of a [Life].
package sandbox
