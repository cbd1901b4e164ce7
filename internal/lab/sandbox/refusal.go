package sandbox

import "strconv"

// Error codes of the pages All/Tagged Users Push Loss Analysis and Error Codes that the sandbox answers without a fault.
const (
	codeBadHTTP       = 60002
	codeFrequency     = 60007
	codeBadResource   = 60009
	codeNoSDKAppID    = 60012
	codeBadURL        = 60025
	codeSigExpired    = 70001
	codeSigIllegal    = 70003
	codeSigMismatch   = 70009
	codeSigIdentifier = 70013
	codeSigApp        = 70014
	codeUnknownApp    = 70020
	codeBodyNotJSON   = 90001
	codeNotAdmin      = 90009
	codeBadParameters = 90100
)

// refusal is an answer with an error. Its HTTP status is 200: other statuses are for network errors only.
type refusal struct {
	code int
	info string
}

func refuse(code int, info string) *refusal { return &refusal{code, info} }

func (r *refusal) append(b []byte) []byte {
	b = append(b, `{"ActionStatus":"FAIL","ErrorCode":`...)
	b = strconv.AppendInt(b, int64(r.code), 10)
	b = append(b, `,"ErrorInfo":`...)
	b = appendQuoted(b, r.info)
	return append(b, '}')
}

// infoOf returns the text of a code for a fault.
func infoOf(code int) string {
	switch code {
	case 60007:
		return "REST call frequency over the limit"
	case 60008:
		return "service timeout or request format error,please check and try again"
	case 60026:
		return "the domain does not match the app's data centre"
	case 60028:
		return "the trial edition's REST volume for 24 hours is used up"
	case 70001:
		return "UserSig expired"
	case 70050:
		return "verification failed too often, wait a minute"
	case 90045:
		return "the push service is not enabled"
	case 90102:
		return "internal error, try again later"
	default:
		return "error " + strconv.Itoa(code) + " by the sandbox's fault"
	}
}
