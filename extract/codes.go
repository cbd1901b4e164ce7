package extract

import "fmt"

// Class says how the client must react to a failure.
type Class int

const (
	// Transient failures end by themselves: retry with backoff.
	Transient Class = iota + 1
	// Throttled failures require fewer calls: slow the app down, then retry.
	Throttled
	// SignAgain failures need a new UserSig, once.
	SignAgain
	// Operator failures last until an operator changes a setting, a permission or a
	// subscription: stop the app.
	Operator
	// BadRequest failures last until the request changes: stop the app.
	BadRequest
	// Unreadable answers arrived completely and are still unusable (for example too
	// large): another call brings the same.
	Unreadable
	// Unlisted codes are in no published list, and their range says nothing more: retry
	// a few times.
	Unlisted
)

func (c Class) String() string {
	switch c {
	case Transient:
		return "transient"
	case Throttled:
		return "throttled"
	case SignAgain:
		return "sign_again"
	case Operator:
		return "operator"
	case BadRequest:
		return "bad_request"
	case Unreadable:
		return "unreadable"
	case Unlisted:
		return "unlisted"
	}
	return fmt.Sprintf("Class(%d)", int(c))
}

// Code is one documented ErrorCode of the REST API.
type Code struct {
	Number int
	Class  Class
	// Tries limits the attempts at one request; 0 means the client's own limit.
	Tries int
	// Exhausted is the class after the last try; 0 means Class.
	Exhausted Class
	Meaning   string
	Advice    string
}

const (
	fewTries           = 3
	adviceWait         = "nothing to do now; if it persists, contact Tencent Cloud's support"
	adviceKey          = "copy SDKAppID and SecretKey of the same app from the console to TIM_SDK_APP_ID and TIM_SECRET_KEY, or to TIM_APPS_FILE"
	adviceRegion       = "set TIM_REGION, or region in TIM_APPS_FILE, to the app's data centre"
	adviceAdmin        = "set TIM_IDENTIFIER, or identifier in TIM_APPS_FILE, to an account that the console lists as an administrator of the app"
	advicePlan         = "check the app's plan and balance in the console"
	adviceReport       = "this is a fault of pushloss: report it with this line"
	adviceParameters   = "the API does not accept the days or the app: check PUSHLOSS_TIMEZONE, and where TIM_BASE_URL leads; if both are right, report this line"
	adviceNetwork      = "check the network, the DNS, TIM_BASE_URL and, if there is a proxy, HTTPS_PROXY and NO_PROXY"
	adviceProxy        = "check TIM_BASE_URL and TIM_REGION, and what is in between: a proxy (HTTPS_PROXY, NO_PROXY) or a firewall may have answered instead of the API"
	adviceProxyLogin   = "write the user and the password of the proxy in HTTPS_PROXY, as http://USER:PASSWORD@HOST:PORT, both percent-encoded; only Basic authentication works"
	adviceProxyRefuses = "let the proxy of HTTPS_PROXY open connections to the API's host, or name this host in NO_PROXY"
	adviceTasks        = "check the requested TaskIDs (pushloss tasks list), and retire the wrong ones (pushloss tasks retire)"
	adviceTooLarge     = "no answer of this API is that large: check where TIM_BASE_URL leads, or contact Tencent Cloud's support; the window stays failed"
	advicePace         = "lower PUSHLOSS_RATE, or raise the limit in the console"
	adviceURL          = "check TIM_BASE_URL and TIM_REGION"
	adviceForeign      = "the address is not the vendor's, or this machine lacks its CA certificates: " + adviceURL
	adviceUnknownCA    = "this machine does not know who signed the certificate: install ca-certificates, or, behind a proxy that signs by itself, name a file of its CA in SSL_CERT_FILE; " + adviceURL
	adviceExpired      = "the certificate is not valid at this machine's time: correct the clock, or, if the answer comes from a proxy of yours, renew its certificate"
	adviceConsole      = "check the app's state in the console"
	adviceSource       = "allow this machine's address in the console"
	adviceTomorrow     = "try again tomorrow, or change the plan"
	adviceClock        = "a newly signed UserSig was refused too: correct this machine's clock"
	adviceMinute       = "wait for a minute"
	advicePush         = "switch Push on for the app in the console"
	adviceMessage      = "follow the service's message"
	adviceSupport      = "follow the service's message; if there is none, send this line to Tencent Cloud's support"
	adviceIdentifiers  = "sign and call with the same TIM_SDK_APP_ID and TIM_IDENTIFIER"
)

// codes are the common error codes 60000 to 79999 (REST API overview and error code
// pages) and the private ones of the push statistics APIs (All/Tagged Users Push Loss
// Analysis). Meanings are the pages' own words, shortened; the classes follow the pages'
// handling advice.
var codes = []Code{
	{Number: 40006, Class: Transient, Meaning: "internal server error", Advice: adviceWait},
	{Number: 60002, Class: BadRequest, Meaning: "HTTP parse error", Advice: adviceURL},
	{Number: 60003, Class: BadRequest, Meaning: "the request's JSON could not be parsed", Advice: adviceReport},
	{Number: 60004, Class: Transient, Tries: fewTries, Exhausted: Operator, Meaning: "account or signature check failed", Advice: adviceKey},
	{Number: 60005, Class: Transient, Tries: fewTries, Exhausted: Operator, Meaning: "account or signature check failed", Advice: adviceKey},
	{Number: 60006, Class: Operator, Meaning: "SDKAppID invalid", Advice: adviceKey},
	{Number: 60007, Class: Throttled, Meaning: "REST call frequency over the limit", Advice: advicePace},
	{Number: 60008, Class: Transient, Meaning: "service timeout, or HTTP request malformed", Advice: adviceWait},
	{Number: 60009, Class: BadRequest, Meaning: "request resource error", Advice: adviceURL},
	{Number: 60010, Class: Operator, Meaning: "needs an app administrator", Advice: adviceAdmin},
	{Number: 60011, Class: Throttled, Meaning: "the SDKAppID's request frequency is over the limit", Advice: advicePace},
	{Number: 60012, Class: BadRequest, Meaning: "SDKAppID missing", Advice: adviceReport},
	{Number: 60013, Class: Transient, Meaning: "the server could not parse its own answer", Advice: adviceWait},
	{Number: 60014, Class: Transient, Meaning: "account check timed out", Advice: adviceWait},
	{Number: 60015, Class: BadRequest, Meaning: "UserID in the body is not a string", Advice: adviceReport},
	{Number: 60016, Class: Operator, Meaning: "SDKAppID disabled", Advice: adviceConsole},
	{Number: 60017, Class: Operator, Meaning: "request disabled", Advice: adviceConsole},
	{Number: 60018, Class: Throttled, Meaning: "too many requests", Advice: advicePace},
	{Number: 60019, Class: Throttled, Meaning: "too many requests", Advice: advicePace},
	{Number: 60020, Class: Operator, Meaning: "service unavailable: plan not bought, expired, or account in arrears", Advice: advicePlan},
	{Number: 60021, Class: Operator, Meaning: "the source IP of the call is not allowed", Advice: adviceSource},
	{Number: 60025, Class: Operator, Meaning: "sdkappid, identifier, usersig or contenttype in the URL is wrong", Advice: adviceKey},
	{Number: 60026, Class: Operator, Meaning: "the domain does not match the app's data centre", Advice: adviceRegion},
	{Number: 60027, Class: Operator, Meaning: "access to a non-TPush product resource is not allowed", Advice: adviceConsole},
	{Number: 60028, Class: Operator, Meaning: "the trial edition's REST volume for 24 h is used up", Advice: adviceTomorrow},
	{Number: 70001, Class: SignAgain, Exhausted: Operator, Meaning: "UserSig expired", Advice: adviceClock},
	{Number: 70003, Class: Operator, Meaning: "UserSig illegal: it cannot be parsed", Advice: adviceKey},
	{Number: 70009, Class: Operator, Meaning: "UserSig verification failed", Advice: adviceKey},
	{Number: 70013, Class: Operator, Meaning: "the identifier differs from the one signed", Advice: adviceIdentifiers},
	{Number: 70014, Class: Operator, Meaning: "the SDKAppID differs from the one signed", Advice: adviceIdentifiers},
	{Number: 70016, Class: Operator, Meaning: "public key not found", Advice: adviceKey + "; " + adviceRegion},
	{Number: 70020, Class: Operator, Meaning: "SDKAppID not found", Advice: adviceKey + "; " + adviceRegion},
	{Number: 70050, Class: Operator, Meaning: "UserSig verification failed, and too often", Advice: adviceMinute + "; " + adviceKey},
	{Number: 70051, Class: Operator, Meaning: "account block-listed", Advice: adviceAdmin},
	{Number: 70107, Class: Operator, Meaning: "account not imported", Advice: adviceAdmin},
	{Number: 70169, Class: Transient, Meaning: "server-side timeout", Advice: adviceWait},
	// No current list has this code; older ones call it a timeout.
	{Number: 70202, Class: Transient, Tries: fewTries, Exhausted: Operator, Meaning: "server-side timeout of the account service", Advice: adviceWait},
	{Number: 70402, Class: BadRequest, Meaning: "illegal parameters", Advice: adviceParameters},
	{Number: 70500, Class: Transient, Meaning: "internal server error", Advice: adviceWait},
	{Number: 80005, Class: Operator, Meaning: "service deactivated: version expired or account in arrears", Advice: advicePlan},
	{Number: 90001, Class: BadRequest, Meaning: "the request's body is not valid JSON", Advice: adviceReport},
	{Number: 90009, Class: Operator, Meaning: "no permission: call as an administrator", Advice: adviceAdmin},
	{Number: 90045, Class: Operator, Meaning: "the Push service is not enabled", Advice: advicePush},
	{Number: 90100, Class: BadRequest, Meaning: "invalid request parameters", Advice: adviceParameters},
	{Number: 90102, Class: Transient, Meaning: "internal error", Advice: adviceWait},
	{Number: 90103, Class: Operator, Meaning: "failed to switch accounts: check the UserID", Advice: adviceAdmin},
	// The loss page calls 91000 a request error, two others an internal error to retry.
	{Number: 91000, Class: Transient, Tries: fewTries, Meaning: "request error, or internal error", Advice: adviceMessage},
}

// ranges give the meaning of a code that no page lists, by its block of numbers. The
// codes 60000 to 79999 are common to all of the REST API; those from 70000 up are about
// accounts and UserSigs (error code pages).
var ranges = []struct {
	first, last int
	Code
}{
	// Each further call with the same signature may add to a block (70050).
	{70000, 79999, Code{
		Class: Operator, Meaning: "an account or UserSig error that no published list explains",
		Advice: adviceMessage + "; " + adviceKey + "; " + adviceAdmin,
	}},
	// These are about the call or the app, not about the requested days.
	{60000, 69999, Code{
		Class: Unlisted, Tries: fewTries, Exhausted: Operator,
		Meaning: "a refusal by the REST API that no published list explains",
		Advice:  adviceSupport,
	}},
	{90000, 99999, Code{
		Class: Unlisted, Tries: fewTries, Meaning: "an error of the Push service that no published list explains",
		Advice: adviceSupport,
	}},
}

// LookupCode returns the documentation of an ErrorCode. A code that no page lists gets
// the meaning of its range; outside the ranges it is Unlisted.
func LookupCode(number int) Code {
	for _, code := range codes {
		if code.Number == number {
			return code
		}
	}
	for _, r := range ranges {
		if r.first <= number && number <= r.last {
			code := r.Code
			code.Number = number
			return code
		}
	}
	return Code{
		Number: number, Class: Unlisted, Tries: fewTries,
		Meaning: "a code that is not in any published list", Advice: adviceMessage,
	}
}
