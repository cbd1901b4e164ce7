#!/usr/bin/env bash
# Python's datadog with statsd_disable_aggregation=False and a sample rate of 0.1 adds up all calls, and then throws the dice once for the sum: of 1000 failures in an interval, it reports 10000 or nothing.
#
# Guess: with a sample rate, about a tenth of the calls count ten times each, so that 1000 are some 1000; with aggregation, which joins the calls of 0.3 seconds, the same.
# Seen: calls are added up without a draw; the sum is then sent with the rate of its first call, with the probability of that rate. Calls of another rate in the same interval go with it: 1000 with the rate 1 and then one with 0.1 are 1001, and in the other order 10010 or nothing. The value of a gauge is
# not sent at nine times of ten. Over many intervals the mean is right; a job that counts once is not. No warning.
. "$(dirname "$0")/lib.bash"
python_packages datadog==0.56.0
echo "Python's datadog 0.56.0"

cat >"$dir/ask.py" <<'PYTHON'
import logging
import random
import re
import socket
import sys

from datadog.dogstatsd import DogStatsd

logging.disable()
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.1", 0))
server.settimeout(2)
random.seed(7)


def received(client):
    client.gauge("end", 1)
    client.flush_aggregated_metrics()
    client.flush_buffered_metrics()
    seen = ""
    while "end:" not in seen:
        seen += server.recv(65536).decode() + "\n"
    return sum(float(n) / float(rate or 1) for n, rate in re.findall(r"lost:([\d.]+)\|[cg](?:\|@([\d.]+))?", seen))


def ask(count, aggregated=True):
    seen = []
    for _ in range(60):
        client = DogStatsd(host="127.0.0.1", port=server.getsockname()[1], disable_aggregation=not aggregated, flush_interval=3600)
        count(client)
        seen.append(received(client))
    return seen


def calls(*rates):
    def count(client):
        for rate in rates:
            client.increment("lost", sample_rate=rate)

    return count


print(*sorted({f"{n:.0f}" for n in ask(calls(*[0.1] * 1000))}))
print(*sorted({f"{n:.0f}" for n in ask(calls(*[1] * 1000, 0.1))}))
print(*sorted({f"{n:.0f}" for n in ask(calls(0.1, *[1] * 1000))}))
gauges = ask(lambda client: client.gauge("lost", 5, sample_rate=0.1))
print("some of 60" if any(gauges) and not all(gauges) else "all or none")
print("each of 60 between 0 and 200" if all(0 < n < 200 for n in ask(calls(*[0.5] * 100), aggregated=False)) else "others")
PYTHON
mapfile -t answers < <(python3 "$dir/ask.py" 2>&1)
expect "1000 failures with the sample rate 0.1 in an interval: what 60 intervals report" "${answers[0]:-nothing}" "0 10000"
expect "1000 with the rate 1, then one with 0.1" "${answers[1]:-nothing}" "1001"
expect "one with 0.1, then 1000 with the rate 1" "${answers[2]:-nothing}" "0 10010"
expect "a gauge with the rate 0.1: intervals in which it is sent" "${answers[3]:-nothing}" "some of 60"
expect "without aggregation, 100 failures with the rate 0.5" "${answers[4]:-nothing}" "each of 60 between 0 and 200"
verdict
