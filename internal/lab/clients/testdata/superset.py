"""Start Superset in a folder, have it read a view, and print what a chart gets.

The arguments are an empty folder and the SQLAlchemy URI of the database. The output is JSON: for each
time grain, its first moment in UTC, the platform, and the sum.
"""

import json
import os
import secrets
import socket
import subprocess
import sys
import time
from pathlib import Path

import requests

folder, uri = Path(sys.argv[1]), sys.argv[2]
superset = Path(sys.executable).with_name("superset")
CONFIG = """
SECRET_KEY = {key!r}
SQLALCHEMY_DATABASE_URI = {metadata!r}
WTF_CSRF_ENABLED = False
TALISMAN_ENABLED = False
"""
GRAINS = {"day": "P1D", "week": "P1W", "month": "P1M"}


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Superset:
    """A Superset on a port of its own, and its REST API."""

    def __init__(self):
        password = secrets.token_hex(12)
        (folder / "superset_config.py").write_text(CONFIG.format(key=secrets.token_hex(32), metadata=f"sqlite:///{folder}/superset.db"))
        self.environment = os.environ | {
            "SUPERSET_CONFIG_PATH": str(folder / "superset_config.py"), "SUPERSET_HOME": str(folder), "FLASK_APP": "superset",
        }
        self.log = (folder / "log").open("w")
        self.run("db", "upgrade")
        self.run("fab", "create-admin", "--username", "admin", "--firstname", "a", "--lastname", "b", "--email", "a@example.com", "--password", password)
        self.run("init")
        port = free_port()
        self.server = self.start("run", "-h", "127.0.0.1", "-p", str(port))
        self.address = f"http://127.0.0.1:{port}"
        self.session = requests.Session()
        self.await_health()
        token = self.post("/api/v1/security/login", username="admin", password=password, provider="db")["access_token"]
        self.session.headers["Authorization"] = "Bearer " + token

    def start(self, *args):
        return subprocess.Popen([superset, *args], env=self.environment, stdout=self.log, stderr=self.log)

    def run(self, *args):
        if self.start(*args).wait() != 0:
            sys.exit("superset " + " ".join(args[:2]) + ":\n" + (folder / "log").read_text()[-3000:])

    def await_health(self):
        for _ in range(240):
            try:
                if self.session.get(self.address + "/health", timeout=10).ok:
                    return
            except requests.ConnectionError:
                time.sleep(0.5)
        sys.exit("superset does not answer:\n" + (folder / "log").read_text()[-3000:])

    def post(self, path, **body):
        answer = self.session.post(self.address + path, json=body, timeout=120)
        if not answer.ok:
            sys.exit(f"{path}: {answer.status_code} {answer.text[:3000]}")
        return answer.json()

    def stop(self):
        self.server.terminate()
        self.server.wait()


def query(grain):
    return {
        "columns": [
            {"label": "day", "sqlExpression": "day", "expressionType": "SQL", "columnType": "BASE_AXIS", "timeGrain": GRAINS[grain]},
            "platform",
        ],
        "metrics": [{"label": "lost", "expressionType": "SIMPLE", "aggregate": "SUM", "column": {"column_name": "err_count"}}],
        "filters": [{"col": "day", "op": "TEMPORAL_RANGE", "val": "No filter"}],
        "row_limit": 50000,
    }


server = Superset()
try:
    database = server.post("/api/v1/database/", database_name="pushloss", sqlalchemy_uri=uri)["id"]
    dataset = server.post("/api/v1/dataset/", database=database, schema="analytics", table_name="app_platform_loss")["id"]
    source = {"id": dataset, "type": "table"}
    params = {"datasource": f"{dataset}__table", "viz_type": "echarts_timeseries_bar", "x_axis": "day", "time_grain_sqla": "P1D",
              "metrics": query("day")["metrics"], "groupby": ["platform"]}
    server.post("/api/v1/chart/", slice_name="Lost by platform", viz_type=params["viz_type"], datasource_id=dataset,
                datasource_type="table", params=json.dumps(params))
    shown = {}
    for grain in GRAINS:
        answer = server.post("/api/v1/chart/data", datasource=source, queries=[query(grain)], result_format="json", result_type="full")["result"][0]
        shown[grain] = [
            {"from": time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(row["day"] / 1000)), "platform": row["platform"], "lost": row["lost"]}
            for row in answer["data"]
        ]
    print(json.dumps(shown))
finally:
    server.stop()
