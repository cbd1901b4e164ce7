// Package sandbox is a local stand-in for the API v4/timpush/all_member_push_loss of Tencent Cloud Chat's Push service,
// for trying things, for the demo and for tests. It knows nothing of the rest of the program, so that it can check it.
//
// # What it keeps to
//
// From the API page All/Tagged Users Push Loss Analysis: POST to [Path] with sdkappid, identifier, usersig, random and
// contenttype=json in the query, all case-sensitive; StartTime, EndTime and up to five TaskID in a JSON body, none
// meaning the app's overall figures; at most 7 days; one call a second; HTTP status 200 also for errors; "sucess". From
// the pages Error Codes and Secure Authentication with UserSig: the codes of refused calls. UserSigs are verified with the
// official library.
//
// A call is looked at in this order, and the first objection is the answer:
//
//	not POST 60002 · query unreadable 60002 · sdkappid missing 60012, no number 60025 · unknown app 70020
//	closer than a second to the app's previous call 60007
//	transport faults
//	identifier, usersig or contenttype missing or wrong 60025 · random no uint32 60002
//	usersig undecodable 70003 · of another app 70014 · of another identifier 70013 · expired 70001 · of another key 70009
//	identifier no administrator 90009
//	body no JSON object 90001 · types, more than 5 tasks, StartTime >= EndTime, more than 7 * 86400 s 90100
//	API faults
//
// # What it assumes
//
// The published pages leave these open. The sandbox's choice is an assumption, not a fact about the service:
//
//   - The second is counted per SDKAppID, between arrivals, on the monotonic clock, without tolerance or burst. Every
//     arrival is the next one's predecessor, refused or not.
//   - Another path answers 60009. A UserSig of text that decompresses but is not JSON answers 70014, as the library sees it.
//   - EndTime is exclusive. A window selects by the time of the event, to the second; windows add up wherever they are cut
//     (but see the fault week-differs).
//   - Only [] asks for the overall figures: a missing or null TaskID, "" and [""] are refused with 90100, as are times that
//     are not integers. Whatever else is in the body is ignored.
//   - Any task ID is a known task unless it begins with "unknown"; unknown ones have no element in Results.
//   - Results come in the order of the request. A TaskID asked for twice is answered once, but counts twice towards five.
//   - The overall answer is one element with the TaskID "". Its figures are not the sum of the tasks', and platform rows
//     do not add up to stage rows, as in the page's sample.
//   - Without losses the arrays are [], never null or left out. Rows are in a fixed order; their number has no cap; there is
//     no code of success among them; no row has a count of 0.
//   - ErrInfo of a code is always the same, and sometimes "".
//   - The faults end-inclusive and day-figures are the other readings of a window that the pages allow.
//   - The future has no figures; the past is never forgotten (but see the faults forget-after and forget-error).
//   - With Config.TaskStarts, a task has no figures before the time its ID gives.
//   - A signature made in the future is valid, as to the library.
//
// # Figures
//
// A count is a function of (seed, app, task, cell, hour), a cell being one possible row. Each cell has losses in every
// twelfth hour, at one second of it; with Config.Rows set, therefore, every whole day of any time zone has exactly that many
// rows. [Sandbox.Truth] tells what a correct answer says.
//
// # Faults
//
// A [Fault] is switched on by name, in Config.Faults or later by [Sandbox.SetFaults]; [Faults] lists them. They strike the
// calls that keep the pace. API faults and oddities strike only calls that are in order otherwise.
//
// # Questions about the sandbox itself
//
// GET /sandbox/stats answers [Stats]. GET /sandbox/truth?sdkappid=N&taskid=ID&start=S&end=S answers [Figures].
package sandbox
