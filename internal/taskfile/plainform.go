package taskfile

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

var (
	figures    = regexp.MustCompile(`^(20\d{2})(\d{2})(\d{2})(?:[T ]?(\d{2})(\d{2})(\d{2}))?((?i:Z)|[+-]\d{2}:?\d{2})?$`)
	chineseDay = regexp.MustCompile(`^(\d{4}) ?年 ?(\d{1,2}) ?月 ?(\d{1,2}) ?[日号號] ?(?:(?:星期|周)[一二三四五六日天] ?)?`)
	chineseAt  = regexp.MustCompile(`(\d{1,2}) ?[时時点點] ?(?:(\d{1,2}) ?分 ?)?(?:(\d{1,2}) ?秒)?`)
	weekday    = regexp.MustCompile(`^(?i:mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?,? `)
	dayMonth   = regexp.MustCompile(`^(\d{1,2})[ -]([A-Za-z]{3,9})\.?,?[ -](\d{4})(?:,? (?:at )?(.*))?$`)
	monthDay   = regexp.MustCompile(`^([A-Za-z]{3,9})\.? (\d{1,2}),? (\d{4})(?:,? (?:at )?(.*))?$`)
	// zoneName matches an offset with the name of the zone that Java and JavaScript add.
	zoneName = regexp.MustCompile(`(?:GMT)?([+-]\d{2}:?\d{2}|Z) ?(?:\[[\w/+-]+\]|\([^()]*\))?$`)
	// fromUTC matches an offset as people write it, such as UTC+8 or (GMT+08:00).
	fromUTC = regexp.MustCompile(`(?i) ?\(?(?:UTC|GMT) ?([+-])(\d{1,2})(?::?(\d{2}))?\)?$`)
	half    = regexp.MustCompile(`(?i)^(\S+) (?:(上午|下午) ?)?(\d{1,2})(:\d{2}\S*?)?(?: ?([ap])\.?m\.?)?( ?[+-]\d{2}\S*)?$`)
)

// plainForm rewrites a time in the form of timeForm if people or programs wrote it in another way
// that has only one meaning: dates in Chinese, dates with the name of a month, 12-hour times, or
// digits alone. It returns other texts unchanged.
func plainForm(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if part := figures.FindStringSubmatch(text); part != nil {
		text = part[1] + "-" + part[2] + "-" + part[3]
		if part[4] != "" {
			text += " " + part[4] + ":" + part[5] + ":" + part[6] + part[7]
		}
		return text
	}
	text = chineseDay.ReplaceAllString(text, "$1-$2-$3 ")
	text = chineseAt.ReplaceAllStringFunc(text, func(at string) string {
		part := chineseAt.FindStringSubmatch(at)
		return part[1] + ":" + twoFigures(part[2]) + ":" + twoFigures(part[3])
	})
	text = withoutMonthName(weekday.ReplaceAllString(text, ""))
	text = fromUTC.ReplaceAllStringFunc(text, func(offset string) string {
		part := fromUTC.FindStringSubmatch(offset)
		return part[1] + twoFigures(part[2]) + ":" + twoFigures(part[3])
	})
	text = zoneName.ReplaceAllString(text, "$1")
	return strings.TrimSpace(ofWholeDay(text))
}

func twoFigures(number string) string { return ("00" + number)[len(number):] }

func withoutMonthName(text string) string {
	day, name, year, rest := "", "", "", ""
	if part := dayMonth.FindStringSubmatch(text); part != nil {
		day, name, year, rest = part[1], part[2], part[3], part[4]
	} else if part := monthDay.FindStringSubmatch(text); part != nil {
		name, day, year, rest = part[1], part[2], part[3], part[4]
	}
	for month := time.January; month <= time.December && name != ""; month++ {
		if strings.HasPrefix(strings.ToLower(month.String()), strings.ToLower(name)) {
			return fmt.Sprintf("%s-%d-%s %s", year, month, day, rest)
		}
	}
	return text
}

// ofWholeDay converts a time to hours from midnight. Hours of the Chinese afternoon may already be
// in that form.
func ofWholeDay(text string) string {
	part := half.FindStringSubmatch(text)
	if part == nil {
		return text
	}
	hour, _ := strconv.Atoi(part[3])
	chinese, english, minutes := part[2], strings.ToLower(part[5]), part[4]
	switch {
	case (chinese == "") == (english == ""), english != "" && (hour < 1 || hour > 12):
		return text
	case hour == 12 && (chinese == "上午" || english == "a"):
		hour = 0
	case hour < 12 && (chinese == "下午" || english == "p"):
		hour += 12
	}
	if minutes == "" {
		minutes = ":00"
	}
	return fmt.Sprintf("%s %d%s%s", part[1], hour, minutes, part[6])
}
