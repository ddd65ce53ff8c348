#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Run one command once for each allocation or open file, which fails, and judge the result.

usage: drive.py [--loose] [--what memory|open|read] [--json|--lines] [--rough] [--in WHERE]
                [--runs N] [--fast] NAME -- CMD...

Not more than N runs are made (0: all), evenly spread. Each run must end without a signal and in time,
with a documented exit status. It has the status of the undisturbed run only with the same output, or
(0, and 4 and 10, which report findings) with words on the facts that are not known for lack of it.
JSON is complete and has the same status. With --loose other output is only counted. --what open: no
descriptors instead of no memory; read: reads fail. --rough: numbers may differ, as the machine
continues. TAP without its plan on standard output.
"""

import argparse
import json
import os
import pathlib
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

CODES = {0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 64, 130}
ANSWERS = {0, 4, 10}
LIMIT_S = 20
UNTOLD = "status {} with another output"
SHOWN = 10
LACKS = ["Cannot allocate memory", "Too many open files", "Input/output error"]
UNITS = {"memory": "allocations", "open": "files", "read": "reads"}


def normal(text, rough):
    """Replaces values that differ between runs."""
    text = re.sub(r'"(elapsed_ms|pid)": ?(\d+|null)', r'"\1":0', text)
    text = re.sub(r'(collection_duration_seconds(?: |.*?"value": ?))[\d.]+', r"\g<1>0", text, flags=re.DOTALL)
    text = re.sub(r'"(time|started)": ?"[^"]*"', r'"\1":""', text)
    return re.sub(r"\d+", "0", text) if rough else text


class Case:
    def __init__(self, options):
        self.options = options
        self.count_file = pathlib.Path(os.environ["INJECT_WORK"]) / "count"
        self.bad = []
        self.runs = 0
        self.base = self.run(0, False)
        self.count = int(self.count_file.read_text())
        self.base_out = normal(self.base.stdout, options.rough)

    def run(self, at, is_all):
        env = dict(os.environ, INJECT_AT=str(at), INJECT_ALL=str(int(is_all)),
                   INJECT_IN=self.options.where,
                   INJECT_WHAT=self.options.what)
        env["LD_PRELOAD"] = os.environ["INJECT_PRELOAD"]
        if not at:
            env["INJECT_COUNT"] = str(self.count_file)
        return subprocess.run(self.options.cmd, env=env, stdin=subprocess.DEVNULL, timeout=LIMIT_S,
                              capture_output=True, text=True, errors="surrogateescape",
                              check=False)

    def documents(self, out):
        lines = out.splitlines() if self.options.lines else [out]
        return [json.loads(line) for line in lines if line.strip()]

    def json_fault(self, done):
        """Without memory there may be no document, but then the status is a failure."""
        try:
            documents = self.documents(done.stdout)
        except ValueError as err:
            return f"no JSON: {err}"
        if not documents:
            return "no document" if done.returncode == 0 else None
        last = documents[-1]
        if last.get("exit_code", done.returncode) != done.returncode:
            return f"the document says {last.get('exit_code')}"
        if VALIDATOR and not self.options.lines:
            for err in VALIDATOR.iter_errors(last):
                return f"not as the schema says: {err.json_path}: {err.message[:100]}"
        return None

    def fault(self, at, is_all):
        try:
            done = self.run(at, is_all)
        except subprocess.TimeoutExpired:
            return "hangs"
        if done.returncode < 0:
            return f"signal {-done.returncode}"
        if done.returncode not in CODES:
            return f"status {done.returncode}"
        if (self.options.json or self.options.lines) and (why := self.json_fault(done)):
            return f"status {done.returncode}, {why}"
        if done.returncode == self.base.returncode and done.returncode in ANSWERS and \
                normal(done.stdout, self.options.rough) != self.base_out and \
                not any(lack in done.stdout for lack in LACKS):
            return UNTOLD.format(done.returncode)
        return None

    def places(self):
        last = self.count + 2
        step = max(1, -(-2 * last // self.options.runs)) if self.options.runs else 1
        return range(1, last + 1, step)

    def judge(self):
        for at in self.places():
            for is_all in (False, True):
                self.runs += 1
                if why := self.fault(at, is_all):
                    self.bad.append(f"{'all from ' if is_all else ''}{at}: {why}")


def load_validator():
    import jsonschema
    top = pathlib.Path(__file__).resolve().parents[2]
    schema = json.loads((top / "schema" / "mhpctl-1.schema.json").read_text())
    return jsonschema.Draft202012Validator(schema)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--lines", action="store_true")
    parser.add_argument("--rough", action="store_true")
    parser.add_argument("--fast", action="store_true", help="do not ask the schema")
    parser.add_argument("--loose", action="store_true")
    parser.add_argument("--what", choices=list(UNITS), default="memory")
    parser.add_argument("--in", dest="where", default="parent")
    parser.add_argument("--runs", type=int, default=0)
    parser.add_argument("name")
    split = sys.argv.index("--")
    options = parser.parse_args(sys.argv[1:split])
    options.cmd = sys.argv[split + 1:]
    global VALIDATOR
    VALIDATOR = load_validator() if options.json and not options.fast else None
    case = Case(options)
    case.judge()
    said = f"{options.name}: {case.runs} runs, {case.count} {UNITS[options.what]}, " \
           f"status {case.base.returncode}"
    if options.loose:
        untold = [line for line in case.bad if line.endswith("another output")]
        case.bad = [line for line in case.bad if line not in untold]
        said += f", {len(untold)} not told" if untold else ""
    print(f"{'not ok' if case.bad else 'ok'} - {said}")
    for line in case.bad[:SHOWN]:
        print(f"# {line}")
    if case.bad:
        print(f"# {len(case.bad)} faults; INJECT_WHAT={options.what} INJECT_AT=N [INJECT_ALL=1] INJECT_IN={options.where} "
              f"LD_PRELOAD='{os.environ['INJECT_PRELOAD']}' {' '.join(options.cmd)}", flush=True)
    return 1 if case.bad else 0


if __name__ == "__main__":
    sys.exit(main())
