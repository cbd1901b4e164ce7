#!/usr/bin/env bash
# dask joins two frames by day and loses most days, if one has its days in microseconds and the other in seconds.
#
# Guess: the rows that pandas finds, which compares times of different units by what they mean; an int and a float column are joined rightly too.
# Seen: dask gives each row to a partition by a hash of the key, which is another one for the same day in another unit: of 20 days 7 to 12 meet, without an error or a warning. pandas 3 itself makes such columns: microseconds from
# CSV files, seconds of the dates that a database returns (parse_dates of read_sql), and of a Parquet file the unit that is in it. With one partition, which tests often have, all days meet.
. "$(dirname "$0")/lib.bash"
python_packages 'dask[dataframe]==2026.8.0' pandas==3.1.1 pyarrow==25.0.1
echo "dask 2026.8.0, pandas 3.1.1, pyarrow 25.0.1"

cat >"$dir/ask.py" <<'PYTHON'
import sys
import tempfile

import dask.dataframe
import pandas
import pyarrow
import pyarrow.parquet

case, partitions = sys.argv[1], int(sys.argv[2])
days = pandas.date_range("2025-03-01", periods=20)
lost = pandas.DataFrame({"day": days, "lost": range(20)})
sent = pandas.DataFrame({"day": days, "sent": range(20)})
if case.startswith("csv"):
    folder = tempfile.mkdtemp()
    lost.to_csv(f"{folder}/lost.csv", index=False)
    lost = dask.dataframe.read_csv(f"{folder}/lost.csv", parse_dates=["day"], blocksize=120)
    dates = pandas.DataFrame({"day": pandas.to_datetime(list(days.date)), "sent": range(20)})
    pyarrow.parquet.write_table(pyarrow.table({"day": days.as_unit("ms"), "sent": range(20)}), f"{folder}/sent.parquet", row_group_size=10)
    parquet = dask.dataframe.read_parquet(f"{folder}/sent.parquet", split_row_groups=1)
    sent = parquet if case == "csv and parquet" else dask.dataframe.from_pandas(dates, npartitions=2)
else:
    one, other = case.split()
    lost["day"] = range(20) if one == "int" else days.as_unit(one)
    sent["day"] = [float(n) for n in range(20)] if other == "float" else days.as_unit(other)
    if partitions:
        lost, sent = (dask.dataframe.from_pandas(frame, npartitions=partitions) for frame in (lost, sent))
print(len(lost.merge(sent, on="day")), "of 20")
PYTHON
ask() { python3 -W ignore "$dir/ask.py" "$@" 2>&1 | tail -1; }
expect "a CSV file and a Parquet file in milliseconds" "$(ask "csv and parquet" 0)" "12 of 20"
expect "a CSV file and dates" "$(ask "csv and dates" 0)" "9 of 20"
expect "nanoseconds and microseconds, 3 partitions each" "$(ask "ns us" 3)" "7 of 20"
expect "microseconds and seconds, 3 partitions each" "$(ask "us s" 3)" "9 of 20"
expect "the same, 1 partition each" "$(ask "us s" 1)" "20 of 20"
expect "microseconds twice, 3 partitions each" "$(ask "us us" 3)" "20 of 20"
expect "int and float, 3 partitions each" "$(ask "int float" 3)" "20 of 20"
expect "microseconds and seconds, in pandas" "$(ask "us s" 0)" "20 of 20"
verdict
