"""How well others keep the slots of the same endpoint busy, beside our bare client, in one run.

    python -m venv /tmp/peers && /tmp/peers/bin/pip install openai aiohttp orjson litellm 'distilabel[openai]'
    python -m benchmarks.peers --python /tmp/peers/bin/python [--peer openai ...] [--fault 429=0.1] [--json]

Each on a fresh endpoint of 64 slots and 200 ms, 2,000 prompts of about 2 kB, nothing judged and nothing stored. Peers
live in an environment of their own (`benchmarks/peer_clients.py`); one that is not there is left out and told. Prints
wall time over the ideal, slots busy as the endpoint saw it, CPU a prompt, and prompts that were lost.
"""

import argparse
import json
import subprocess
import urllib.request
from pathlib import Path

from benchmarks import llm_client
from benchmarks.stage import Load, options_of, show, stub_endpoint

PEERS = ("aiohttp", "openai", "litellm", "distilabel")
CLIENTS = Path(__file__).with_name("peer_clients.py")


def ask(name: str, options: argparse.Namespace) -> dict[str, object]:
    """One peer's figures; `why` when there are none."""
    stub = [
        "--latency-ms",
        str(options.latency_ms),
        "--slots",
        str(options.slots),
        "--jitter-ms",
        str(options.jitter_ms),
    ]
    stub += [part for fault in options.fault for part in ("--fault", fault)]
    with stub_endpoint(stub) as port:
        argv = [options.python, str(CLIENTS), name, f"http://127.0.0.1:{port}/v1", str(options.prompts)]
        try:
            done = subprocess.run(
                [*argv, str(options.slots)], capture_output=True, text=True, timeout=options.patience_s, check=False
            )
        except subprocess.TimeoutExpired:
            return {"name": name, "why": f"not done after {options.patience_s:.0f} s"}
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/stats") as answer:
            seen = json.load(answer)
    if done.returncode:
        return {"name": name, "why": done.stderr.strip().rpartition("\n")[2][:120]}
    found = json.loads(done.stdout.strip().rpartition("\n")[2])
    return {
        "name": name,
        "wall_s": found["wall_s"],
        "over_ideal": found["wall_s"] / _ideal_s(options),
        "utilisation": seen["busy_s"] / (options.slots * seen["span_s"]),
        "cpu_ms": 1000 * found["cpu_s"] / options.prompts,
        "lost": options.prompts - found["answered"],
    }


def ours(options: argparse.Namespace) -> dict[str, object]:
    """Our client's figures on the same work."""
    found = llm_client.measure("hornbook", llm_client.sharded, options)
    return {
        "name": "hornbook's client",
        "wall_s": found.wall_s,
        "over_ideal": found.wall_s / _ideal_s(options),
        "utilisation": found.utilisation,
        "cpu_ms": found.cpu_ms,
        "lost": 0,
    }


def _ideal_s(options: argparse.Namespace) -> float:
    return float(options.prompts * options.latency_ms / 1000 / options.slots)


def main() -> None:
    """Run all and print."""
    parser = options_of(__doc__)
    parser.add_argument("--python", required=True, help="the Python that has the peers")
    parser.add_argument("--peer", action="append", choices=PEERS, help="default: all")
    parser.add_argument("--prompts", type=int, default=2000)
    parser.add_argument("--slots", type=int, default=64)
    parser.add_argument("--latency-ms", type=float, default=200.0)
    parser.add_argument("--jitter-ms", type=float, default=50.0)
    parser.add_argument("--fault", action="append", default=[], metavar="NAME=SHARE")
    parser.add_argument("--patience-s", type=float, default=180.0, help="seconds after which a peer is stopped")
    options = parser.parse_args()
    load = Load()
    runs = [ours(options), *(ask(name, options) for name in options.peer or PEERS)]
    lines = [
        f"{options.prompts} prompts, {options.slots} slots, {options.latency_ms} ms, faults {options.fault or 'none'}"
    ]
    for run in runs:
        if "why" in run:
            lines.append(f"{run['name']:18} {run['why']}")
            continue
        lines.append(
            f"{run['name']:18} wall {run['wall_s']:6.2f} s = {run['over_ideal']:5.2f} x ideal, slots busy"
            f" {run['utilisation']:5.1%}, CPU {run['cpu_ms']:5.2f} ms a prompt, lost {run['lost']}"
        )
    show({"runs": runs, "load": load.figures()}, [*lines, f"machine {load.figures()}"], as_json=options.json)


if __name__ == "__main__":
    main()
