package extract

import (
	"regexp"
	"strings"
	"sync"
)

// chinese has the texts of codes and of advice in Chinese.
var chinese = [...]struct{ english, chinese string }{
	{adviceWait, "暂时无需处理；若一直如此，请联系腾讯云技术支持"},
	{adviceNetwork, "检查网络、DNS、TIM_BASE_URL 以及（若有代理）HTTPS_PROXY 和 NO_PROXY"},
	{adviceKey, "在控制台取同一应用的 SDKAppID 和密钥，设置 TIM_SDK_APP_ID 和 TIM_SECRET_KEY，或写入 TIM_APPS_FILE"},
	{adviceRegion, "把 TIM_REGION（或 TIM_APPS_FILE 中的对应字段）设为应用所在的数据中心"},
	{adviceAdmin, "把 TIM_IDENTIFIER（或 TIM_APPS_FILE 中的对应字段）设为控制台中该应用的管理员账号"},
	{advicePlan, "在控制台查看应用的套餐和余额"},
	{adviceReport, "这是 pushloss 的错误：请附上这一行反馈"},
	{adviceParameters, "API 不接受这些日期或该应用：检查 PUSHLOSS_TIMEZONE 以及 TIM_BASE_URL 指向何处；若都正确，请附上这一行反馈"},
	{adviceProxy, "检查 TIM_BASE_URL 和 TIM_REGION 以及中间环节：应答的可能是代理（HTTPS_PROXY、NO_PROXY）或防火墙，而不是 API"},
	{adviceTasks, "检查所请求的 TaskID（pushloss tasks list），停用错误的任务（pushloss tasks retire）"},
	{adviceTooLarge, "该 API 的应答不会这么大：检查 TIM_BASE_URL 指向何处，或联系腾讯云技术支持；该窗口保持失败"},
	{advicePace, "调低 PUSHLOSS_RATE，或在控制台提高限额"},
	{adviceForeign, "地址不是厂商的，或本机缺少 CA 证书：检查 TIM_BASE_URL 和 TIM_REGION"},
	{adviceUnknownCA, "本机不认识签发证书的 CA：安装 ca-certificates；若中间的代理自行签发证书，用 SSL_CERT_FILE 指定其 CA 证书文件；并检查 TIM_BASE_URL 和 TIM_REGION"},
	{adviceProxyLogin, "在 HTTPS_PROXY 中写入代理的用户名和密码（都要百分号编码）；仅支持 HTTP 基本认证"},
	{adviceProxyRefuses, "让 HTTPS_PROXY 的代理允许连接 API 的主机，或在 NO_PROXY 中写明该主机"},
	{adviceExpired, "按本机时间，证书不在有效期内：校准本机时钟；若应答的是自己的代理，请更新其证书"},
	{adviceURL, "检查 TIM_BASE_URL 和 TIM_REGION"},
	{adviceConsole, "在控制台查看应用的状态"},
	{adviceIdentifiers, "签名和调用要使用同一个 TIM_SDK_APP_ID 和 TIM_IDENTIFIER"},
	{adviceSource, "在控制台允许本机的地址"},
	{adviceTomorrow, "明天再试，或更换套餐"},
	{adviceClock, "刚签的 UserSig 也被拒绝：请校准本机时钟"},
	{adviceMinute, "等待一分钟"},
	{advicePush, "在控制台为该应用开通推送服务"},
	{adviceSupport, "按服务端的提示处理；若没有提示，请附上这一行联系腾讯云技术支持"},
	{adviceMessage, "按服务端的提示处理"},
	{"a code that is not in any published list", "该错误码不在任何公开列表中"},
	{"an account or UserSig error that no published list explains", "公开列表没有说明的账号或 UserSig 错误"},
	{"a refusal by the REST API that no published list explains", "公开列表没有说明的 REST API 拒绝"},
	{"an error of the Push service that no published list explains", "公开列表没有说明的推送服务错误"},
	{"internal server error", "服务端内部错误"},
	{"HTTP parse error", "HTTP 解析错误"},
	{"the request's JSON could not be parsed", "请求的 JSON 无法解析"},
	{"account or signature check failed", "账号或签名校验失败"},
	{"SDKAppID invalid", "SDKAppID 无效"},
	{"REST call frequency over the limit", "REST 调用频率超限"},
	{"service timeout, or HTTP request malformed", "服务超时，或 HTTP 请求格式错误"},
	{"request resource error", "请求资源错误"},
	{"needs an app administrator", "需要应用管理员权限"},
	{"the SDKAppID's request frequency is over the limit", "该 SDKAppID 的请求频率超限"},
	{"SDKAppID missing", "缺少 SDKAppID"},
	{"the server could not parse its own answer", "服务端无法解析自己的应答"},
	{"account check timed out", "账号校验超时"},
	{"UserID in the body is not a string", "请求体中的 UserID 不是字符串"},
	{"SDKAppID disabled", "SDKAppID 已被停用"},
	{"request disabled", "请求被禁用"},
	{"too many requests", "请求过多"},
	{"service unavailable: plan not bought, expired, or account in arrears", "服务不可用：未购买套餐、套餐到期或账号欠费"},
	{"the source IP of the call is not allowed", "调用的来源 IP 不被允许"},
	{"sdkappid, identifier, usersig or contenttype in the URL is wrong", "URL 中的 sdkappid、identifier、usersig 或 contenttype 有误"},
	{"the domain does not match the app's data centre", "域名与应用所在的数据中心不符"},
	{"access to a non-TPush product resource is not allowed", "不允许访问非 TPush 产品的资源"},
	{"the trial edition's REST volume for 24 h is used up", "体验版 24 小时内的 REST 调用量已用完"},
	{"UserSig expired", "UserSig 已过期"},
	{"UserSig illegal: it cannot be parsed", "UserSig 非法：无法解析"},
	{"UserSig verification failed, and too often", "UserSig 校验失败次数过多"},
	{"UserSig verification failed", "UserSig 校验失败"},
	{"the identifier differs from the one signed", "identifier 与签名时的不同"},
	{"the SDKAppID differs from the one signed", "SDKAppID 与签名时的不同"},
	{"public key not found", "找不到公钥"},
	{"SDKAppID not found", "找不到 SDKAppID"},
	{"account block-listed", "账号被列入黑名单"},
	{"account not imported", "账号未导入"},
	{"server-side timeout of the account service", "账号服务的服务端超时"},
	{"server-side timeout", "服务端超时"},
	{"illegal parameters", "参数非法"},
	{"service deactivated: version expired or account in arrears", "服务已停用：版本到期或账号欠费"},
	{"the request's body is not valid JSON", "请求体不是有效的 JSON"},
	{"no permission: call as an administrator", "没有权限：请以管理员身份调用"},
	{"the Push service is not enabled", "推送服务未开通"},
	{"invalid request parameters", "请求参数无效"},
	{"internal error", "内部错误"},
	{"failed to switch accounts: check the UserID", "切换账号失败：请检查 UserID"},
	{"request error, or internal error", "请求错误，或内部错误"},
}

// meaningZh translates a meaning. adviceZh translates an advice, which may consist of several.
func meaningZh(english string) string {
	for _, text := range chinese {
		if text.english == english {
			return text.chinese
		}
	}
	return english
}

var adviceZh = sync.OnceValue(func() *strings.Replacer {
	var pairs []string
	// The first match wins: an advice of several parts comes before the parts.
	for _, text := range chinese {
		if strings.Contains(text.english, "; ") {
			pairs = append(pairs, text.english, text.chinese)
		}
	}
	for _, text := range chinese {
		pairs = append(pairs, text.english, text.chinese)
	}
	return strings.NewReplacer(append(pairs, "; ", "；")...)
})

// AdviceInChinese translates a Hint. A text that it does not know stays English.
func AdviceInChinese(hint string) string { return adviceZh().Replace(hint) }

var (
	answeredCode = regexp.MustCompile(`the API answered code (\d+)(?: \(([^()]*)\))?(: )?`)
	afterCalls   = regexp.MustCompile(` after (\d+) calls`)
)

// InChinese translates the text of an Error, also within another error. The service's own message
// and unknown texts stay as they are.
func InChinese(text string) string {
	text = answeredCode.ReplaceAllStringFunc(text, func(found string) string {
		parts := answeredCode.FindStringSubmatch(found)
		said := "API 返回错误码 " + parts[1]
		if parts[2] != "" {
			said += "（" + meaningZh(parts[2]) + "）"
		}
		if parts[3] != "" {
			said += "："
		}
		return said
	})
	text = strings.NewReplacer("no answer from the API: ", "API 没有应答：", "no answer from the API", "API 没有应答", "the API answered HTTP ", "API 返回 HTTP ").Replace(text)
	return afterCalls.ReplaceAllString(text, "（共调用 $1 次）")
}
