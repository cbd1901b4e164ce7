#!/usr/bin/env bash
# On a time axis, ECharts stacks the second value of a series on the second value of the one below it, whatever their days are: where iOS has no row for the 11th, its 2 of the 12th stand on Android's 100 of the 11th, and the stack of the 12th is 102 high instead of 9.
#
# Guess: what is stacked at a day is what the series have for that day.
# Seen: only on an axis of type category is it so. On an axis of time or value they are stacked by their place in the list, lines, areas and bars alike, and the axis of the chart grows with them: the top of a chart is a total of no day. A series with the newest day first is
# stacked on the oldest. No error or notice. A row with null for the missing day mends it.
. "$(dirname "$0")/lib.bash"
need node
node_package echarts@6.1.0
echo "ECharts 6.1.0, node $(node --version)"

cat >"$dir/ask.mjs" <<'JS'
import * as echarts from "echarts";

const android = [["2025-03-10", 5], ["2025-03-11", 100], ["2025-03-12", 7]];
const series = {
  android,
  gap: [["2025-03-10", 1], ["2025-03-12", 2]],
  late: [["2025-03-12", 2]],
  null: [["2025-03-10", 1], ["2025-03-11", null], ["2025-03-12", 2]],
  newest: [["2025-03-12", 2], ["2025-03-11", 1], ["2025-03-10", 1]],
};
const chart = echarts.init(null, null, { renderer: "svg", ssr: true, width: 600, height: 400 });
for (const question of process.argv.slice(2)) {
  const [axis, type, upper] = question.split(" ");
  chart.clear();
  chart.setOption({ animation: false, xAxis: { type: axis }, yAxis: {}, series: [android, series[upper]].map((data) => ({ type, stack: "lost", data })) });
  const data = chart.getModel().getSeriesByIndex(1).getData();
  const height = data.getCalculationInfo("stackResultDimension");
  const heights = data.mapArray((i) => `${series[upper][i][0].slice(8)}: ${data.get(height, i)}`).filter((text) => !text.endsWith("NaN"));
  const [, top] = chart.getModel().getComponent("yAxis").axis.scale.getExtent();
  console.log(`${heights.join(", ")}; the axis ends at ${top}`);
}
process.exit();
JS
questions=("time bar gap" "time line gap" "category bar gap" "time bar late" "time bar newest" "time bar null")
texts=(
    "bars on a time axis, Android 5, 100, 7 on the 10th, 11th, 12th, and above it iOS 1 on the 10th, 2 on the 12th"
    "the same as lines"
    "the same on an axis of categories, where 9 is right"
    "iOS only on the 12th, 2"
    "iOS 2, 1, 1, from the 12th to the 10th"
    "with null for the 11th"
)
described=(
    "10: 6, 12: 102; the axis ends at 120"
    "10: 6, 12: 102; the axis ends at 120"
    "10: 6, 12: 9; the axis ends at 100"
    "12: 7; the axis ends at 100"
    "12: 7, 11: 101, 10: 8; the axis ends at 120"
    "10: 6, 12: 9; the axis ends at 100"
)
mapfile -t answers < <(cd "$dir" && node ask.mjs "${questions[@]}" 2>&1)
for i in "${!questions[@]}"; do expect "${texts[i]}" "${answers[i]:-nothing}" "${described[i]}"; done
verdict
