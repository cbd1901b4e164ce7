package notify

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// accepts is the answer by which a service accepts a message, according to its documentation.
type accepts struct {
	host string // the host, or a domain above it
	text string // the whole answer, or
	// members are names of members of a JSON object. One of these must have the value.
	members []string
	value   string
	source  string
}

var services = []accepts{
	{host: "hooks.slack.com", text: "ok", members: []string{"ok"}, value: "true", source: "docs.slack.dev/messaging/sending-messages-using-incoming-webhooks"},
	{host: "webhook.office.com", text: "1", source: "learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using"},
	{host: "outlook.office.com", text: "1", source: "as webhook.office.com"},
	{host: "slack.com", members: []string{"ok"}, value: "true", source: "docs.slack.dev/apis/web-api"},
	{host: "api.telegram.org", members: []string{"ok"}, value: "true", source: "core.telegram.org/bots/api#making-requests"},
	{host: "qyapi.weixin.qq.com", members: []string{"errcode"}, value: "0", source: "developer.work.weixin.qq.com/document/path/91770"},
	{host: "oapi.dingtalk.com", members: []string{"errcode"}, value: "0", source: "open.dingtalk.com/document/robots/custom-robot-access"},
	{host: "open.feishu.cn", members: []string{"code", "statuscode"}, value: "0", source: "open.feishu.cn/document/client-docs/bot-v3/add-custom-bot"},
	{host: "open.larksuite.com", members: []string{"code", "statuscode"}, value: "0", source: "as open.feishu.cn"},
	{host: "api.pushover.net", members: []string{"status"}, value: "1", source: "pushover.net/api#response"},
}

// refusal reads a target's answer, and returns why the target did not accept the message. A known
// service must answer as documented. Any other target refuses only if it says so.
func refusal(host string, body []byte) (reason string, refused bool) {
	for _, service := range services {
		if host == service.host || strings.HasSuffix(host, "."+service.host) {
			return short(cmp.Or(string(body), "an empty answer")), !service.took(body)
		}
	}
	return refusalOf(body)
}

func (a accepts) took(body []byte) bool {
	if a.text != "" && string(body) == a.text {
		return true
	}
	answer, ok := objectOf(body)
	return ok && slices.ContainsFunc(a.members, func(name string) bool { return answer[name] == a.value })
}

// refusalOf judges the answer of an unknown target: a text, or JSON values, also in a function's
// call or as XML.
func refusalOf(body []byte) (reason string, refused bool) {
	values, isJSON := valuesOf(inJSON(body))
	text := string(body)
	if len(values) == 1 {
		var quoted string
		if json.Unmarshal(values[0], &quoted) == nil {
			text = strings.TrimSpace(quoted)
		}
	}
	if !isJSON || len(values) == 1 && !strings.ContainsAny(string(values[0][:1]), "{[") {
		return short(text), textSaysNo(text)
	}
	for _, value := range values {
		if reason, refused = refusalIn(value, answer.saysNo); refused {
			return reason, true
		}
	}
	return reason, false
}

// valuesOf reads JSON values, one after another; ok is false if a part of body is not JSON.
func valuesOf(body []byte) (values []json.RawMessage, ok bool) {
	for decoder := json.NewDecoder(bytes.NewReader(body)); ; {
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			return values, errors.Is(err, io.EOF) && len(values) > 0
		}
		values = append(values, value)
	}
}

// refusalIn looks for an object that reports an error: the value itself, an element of it, or an
// object in a member that services put around their answers.
func refusalIn(value json.RawMessage, no func(answer) bool) (reason string, refused bool) {
	var list []json.RawMessage
	if json.Unmarshal(value, &list) == nil {
		for _, element := range list {
			if reason, refused = refusalIn(element, no); refused {
				return reason, true
			}
		}
		return "", false
	}
	object, ok := objectOf(value)
	if !ok {
		return "", false
	}
	if no(object) {
		return object.reason(value), true
	}
	for _, name := range aroundMembers {
		if reason, refused = refusalIn(json.RawMessage(object[name]), answer.saysNoWithin); refused {
			return reason, true
		}
	}
	return object.reason(value), false
}

// answer has the members of a JSON object. Names are without case and underscores, strings without
// quotes.
type answer map[string]string

func objectOf(body []byte) (answer, bool) {
	var members map[string]json.RawMessage
	if json.Unmarshal(body, &members) != nil || members == nil {
		return nil, false
	}
	object := make(answer)
	for name, value := range members {
		text := strings.TrimSpace(string(value))
		var quoted string
		if json.Unmarshal(value, &quoted) == nil {
			text = strings.TrimSpace(quoted)
		}
		object[strings.NewReplacer("_", "", "-", "").Replace(strings.ToLower(name))] = text
	}
	return object, true
}

// The members by which services report an error; the names in comments are examples.
var (
	errorMembers = []string{"error", "errors", "err", "errormessage", "errorinfo", "exception", "fault", "failure", "failures", "failed"} // ntfy, Pushover, FCM
	codeMembers  = []string{"errcode", "errorcode", "errno", "errorno", "errornumber", "retcode", "ret", "returncode", "rtn", "rescode",
		"resultcode", "code", "statuscode"} // WeCom, OneBot, Bark
	yesMembers  = []string{"ok", "success", "succeeded", "successful", "issuccess", "delivered", "accepted", "sent"} // Slack, Rocket.Chat
	wordMembers = []string{"status", "result", "state", "outcome", "actionstatus", "responsestatus"}                 // Zulip, PagerDuty
	// aroundMembers have an answer inside, or the answers about each receiver.
	aroundMembers = []string{"data", "response", "responses", "result", "results", "header", "head", "meta", "body"} // WxPusher, FCM, WebDAV
	// reasonMembers say why a message was refused.
	reasonMembers = []string{"error", "errormessage", "errmsg", "errorinfo", "message", "msg", "wording", "description", "detail", "errors", "reason", "statusmessage", "returnmsg", "faultstring", "status"}
)

func (a answer) saysNo() bool {
	for _, name := range errorMembers {
		if value := a[name]; !isNothing(value) && !isYes(value) {
			return true
		}
	}
	for _, name := range codeMembers {
		if number, err := strconv.Atoi(a[name]); err == nil && !succeeded(number) || err != nil && saysNo(a[name]) {
			return true
		}
	}
	for _, name := range yesMembers {
		if value, given := a[name]; given && slices.Contains([]string{"false", "0", "no"}, strings.ToLower(value)) {
			return true
		}
	}
	for _, name := range wordMembers {
		value := a[name]
		number, err := strconv.Atoi(value)
		if value == "false" || err == nil && isHTTPError(number) || err != nil && isShort(value) && saysNo(value) || statusLine.MatchString(value) {
			return true
		}
	}
	if len(a) != 1 {
		return false
	}
	for _, name := range reasonMembers {
		if textSaysNo(a[name]) {
			return true
		}
	}
	return false
}

// saysNoWithin judges an object within an answer. The object may be about anything, so only signs
// without another meaning count.
func (a answer) saysNoWithin() bool {
	certain := make(answer)
	for name, value := range a {
		number, err := strconv.Atoi(value)
		switch {
		case slices.Contains(errorMembers, name), slices.Contains(codeMembers, name) && strings.HasPrefix(name, "err"):
		case slices.Contains([]string{"ok", "success", "retcode", "returncode"}, name):
		case slices.Contains(codeMembers, name), slices.Contains(wordMembers, name):
			if err == nil && number >= 0 && !isHTTPError(number) || err != nil && !failed.MatchString(value) && !statusLine.MatchString(value) {
				continue
			}
		default:
			continue
		}
		certain[name] = value
	}
	return certain.saysNo()
}

var (
	// statusLine matches an HTTP status in words, as in an answer about several receivers.
	statusLine = regexp.MustCompile(`^HTTP/\d(?:\.\d)? [45]\d\d\b`)
	failed     = regexp.MustCompile(`^(?i:error|fail(?:ed|ure)?|false)$`)
)

func isHTTPError(code int) bool { return code >= 400 && code < 600 }

func (a answer) reason(body []byte) string {
	for _, name := range reasonMembers {
		if value := a[name]; !isNothing(value) && value != "true" {
			return short(value)
		}
	}
	return short(string(body))
}

// succeeded reports whether a code means success: 0 for most services, an HTTP status (Bark,
// PushPlus), or 1000 (WxPusher).
func succeeded(code int) bool { return code == 0 || code >= 200 && code < 300 || code == 1000 }

func isNothing(value string) bool {
	return slices.Contains([]string{"", "null", "false", "0", "[]", "{}"}, value)
}

func isYes(value string) bool {
	return slices.Contains([]string{"ok", "success", "none", "no error", "no errors"}, strings.ToLower(value))
}

// isShort reports whether a text is one or a few words, and not a JSON value or a message.
func isShort(value string) bool {
	return len(value) <= 64 && !strings.ContainsAny(value, "{}[]\n")
}

var (
	word    = regexp.MustCompile(`[a-z0-9]+`)
	camel   = regexp.MustCompile(`([a-z])([A-Z])`)
	noError = regexp.MustCompile(`\b(?:no|zero|0|without)[ _-](?:an? )?errors?\b`)
	// begins matches the beginning of an error's text, contains a part of it.
	begins = regexp.MustCompile(`^(?i:\W*(?:error|err|failed|failure|fail|invalid|unauthori[sz]ed|forbidden|denied|(?:access|permission) denied|` +
		`not (?:found|allowed|authori[sz]ed|permitted)|bad request|no such|cannot|could not|can't|unable to|rejected|missing|expired|rate limit|` +
		`too many|unsupported|internal server error|service unavailable|traceback \(most|[\w.$]+(?:exception|error))\b)`)
	contains = regexp.MustCompile(`(?i:\bfailed with error\b|\bHTTP error \d{3}\b|\bdelivery failed\b|\bnot (?:be )?(?:sent|delivered|accepted)\b|` +
		`<error\b|<fault\b|<(?:status|result)>\s*(?:error|fail))`)
)

// no are the words of a status that mean an error.
var no = []string{"error", "errors", "err", "fail", "fails", "failed", "failure", "invalid", "denied", "rejected", "refused", "unauthorized",
	"unauthorised", "unauthenticated", "forbidden", "prohibited", "expired", "revoked", "inactive", "missing", "disabled", "blocked", "banned", "archived",
	"unknown", "bad", "not", "no", "ko", "nok", "too", "unsuccessful", "undelivered", "undeliverable", "exceeded", "throttled", "unavailable", "timeout",
	"unsupported", "malformed", "exception", "wrong"}

// saysNo reports whether a status has a word that means an error, however its words are joined. A
// text with digits may be an ID, in which changes of case mean nothing.
func saysNo(status string) bool {
	if !strings.ContainsAny(status, "0123456789") {
		status = camel.ReplaceAllString(status, "${1}_$2")
	}
	status = noError.ReplaceAllString(strings.ToLower(status), "")
	return slices.ContainsFunc(word.FindAllString(status, -1), func(word string) bool { return slices.Contains(no, word) }) || saysNoInChinese(status)
}

var (
	chineseNo      = regexp.MustCompile(`失败|错误|异常|无效|非法|拒绝|禁止|过期|超限|未授权|未找到|不存在|不合法|不正确|不支持|无权限`)
	chineseNoError = regexp.MustCompile(`(?:没有|未发生|未发现|无)(?:任何)?(?:错误|异常|失败)`)
)

func saysNoInChinese(text string) bool {
	return chineseNo.MatchString(chineseNoError.ReplaceAllString(text, ""))
}

func textSaysNo(text string) bool {
	if noError.MatchString(strings.ToLower(text)) {
		return false
	}
	alone := isShort(text) && !strings.ContainsAny(text, " \t")
	return alone && (saysNo(text) || text == "false") || isShort(text) && saysNoInChinese(text) || begins.MatchString(text) || contains.MatchString(text)
}
