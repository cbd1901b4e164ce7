#!/usr/bin/env bash
# dogpile.cache, Beaker, cashews, Flask-Caching and aiocache give a cached function's answer to other arguments: two frames of 200 days that differ in one count are the same key, and in dogpile and Beaker "a b", "c" is "a", "b c".
#
# Guess: different arguments have different keys, as in functools.lru_cache, or are refused as frames are there; at worst dogpile joins texts with a blank, as its source has it.
# Seen: the keys are made of str() or repr() of the arguments. pandas, Polars and numpy shorten what they print, so a row in the middle of a long frame is not in the key: the sum of the corrected figures is the sum of the old ones, without an
# error. Frames with few rows, as tests have them, are right. dogpile and Beaker join the texts with a blank, and their None is the text "None"; in cashews None is '', so the whole app (task '') has the figures of all tasks together (None).
# Cachier and diskcache, which hash the pickled arguments, are right.
. "$(dirname "$0")/lib.bash"
python_packages dogpile.cache==1.5.0 Beaker==1.14.1 cashews==7.6.0 Flask==3.1.3 Flask-Caching==2.5.1 aiocache==0.12.3 cachier==4.2.0 diskcache==5.6.3 pandas==3.1.1 polars==2.1.0
echo "dogpile.cache 1.5.0, Beaker 1.14.1, cashews 7.6.0, Flask-Caching 2.5.1, aiocache 0.12.3, cachier 4.2.0, diskcache 5.6.3, pandas 3.1.1, Polars 2.1.0"

cat >"$dir/ask.py" <<'PYTHON'
import asyncio
import inspect
import sys

import pandas
import polars


def total(figures, label=None):
    """What is cached: the sum of a frame, or else the arguments themselves."""
    return int(figures["lost"].sum()) if hasattr(figures, "columns") else (figures, label)


async def later(figures, label=None):
    return total(figures, label)


def cached(library):
    """The function with the cache of this library, as its manual shows it, with a new cache."""
    if library == "dogpile":
        from dogpile.cache import make_region
        return make_region().configure("dogpile.cache.memory").cache_on_arguments()(total)
    if library == "beaker":
        from beaker.cache import CacheManager
        return CacheManager(type="memory").cache("total", expire=60)(total)
    if library == "flask":
        from flask import Flask
        from flask_caching import Cache
        app = Flask("app")
        app.app_context().push()
        return Cache(app, config={"CACHE_TYPE": "SimpleCache"}).memoize()(total)
    if library == "cachier":
        from cachier import cachier
        return cachier(backend="memory")(total)
    if library == "diskcache":
        from diskcache import Cache
        return Cache(sys.argv[3]).memoize()(total)
    if library == "aiocache":
        from aiocache import cached as of
        return of(ttl=60)(later)
    from cashews import cache
    cache.setup("mem://")
    return cache(ttl="1h")(later)


def frame(make, rows, corrected):
    lost = [10] * rows
    if corrected:
        lost[rows // 2] = 500
    return make({"day": range(rows), "lost": lost})


pairs = {
    "pandas": [(frame(pandas.DataFrame, 200, corrected),) for corrected in (False, True)],
    "polars": [(frame(polars.DataFrame, 200, corrected),) for corrected in (False, True)],
    "few": [(frame(pandas.DataFrame, 20, corrected),) for corrected in (False, True)],
    "blank": [("sale iOS", "all"), ("sale", "iOS all")],
    "none": [(None,), ("None",)],
    "empty": [(None,), ("",)],
}


async def main():
    ask = cached(sys.argv[1])
    answers = []
    for arguments in pairs[sys.argv[2]]:
        answer = ask(*arguments)
        answers.append(await answer if inspect.isawaitable(answer) else answer)
    print(*answers)


asyncio.run(main())
PYTHON
ask() { python3 "$dir/ask.py" "$1" "$2" "$(mktemp -d -p "$dir")" 2>&1 | tail -1; }
for library in dogpile beaker cashews flask aiocache; do
    expect "$library: the sum of 200 days, and with a correction of one" "$(ask "$library" pandas)" "2000 2000"
done
expect "the same with a frame of Polars: dogpile" "$(ask dogpile polars)" "2000 2000"
for library in cachier diskcache; do expect "$library: the same in pandas" "$(ask "$library" pandas)" "2000 2490"; done
expect "dogpile: 20 days" "$(ask dogpile few)" "200 690"
for library in dogpile beaker; do
    expect "$library: 'sale iOS', 'all' and then 'sale', 'iOS all'" "$(ask "$library" blank)" "('sale iOS', 'all') ('sale iOS', 'all')"
    expect "$library: None and then 'None'" "$(ask "$library" none)" "(None, None) (None, None)"
done
expect "cashews: None and then ''" "$(ask cashews empty)" "(None, None) (None, None)"
expect "Flask-Caching: None and then ''" "$(ask flask empty)" "(None, None) ('', None)"
expect "cachier: 'sale iOS', 'all' and then 'sale', 'iOS all'" "$(ask cachier blank)" "('sale iOS', 'all') ('sale', 'iOS all')"
verdict
