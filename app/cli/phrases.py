"""Figures of jobs and rounds as short phrases, the same in progress, tables and reports."""

from app.client_http import Json

EXCERPT_CHARS = 160
"""Two lines of a terminal."""


def outcome(row: Json) -> str:
    """What became of a settled round's answers."""
    if row["number"] == 0:
        taken = row["funnel"].get("taking_part")
        return "scored, embedded and clustered" + (f", {taken} take part" if taken else "")
    verdicts = row["funnel"].get("verdicts", {})
    parts = [f"kept {verdicts.get('kept', 0)} of {row['funnel'].get('answers', 0)}"]
    parts += [f"{name} {verdicts[name]}" for name in ("reserve", "dropped") if verdicts.get(name)]
    checks = row["decision"].get("checks", [])
    if checks:
        parts.append(f"{sum(check['holds'] for check in checks)}/{len(checks)} targets hold")
    return " · ".join(parts)


def spent(job: Json) -> str:
    """Calls and money so far."""
    money = job["spend"]["money_usd"]["spent"]
    return f"{job['spend']['calls']['spent']} calls" + (f", ${money:.2f}" if money else "")


def standing(job: Json) -> str:
    """What the whole job has so far. Example: 139 texts in the pool, 150 calls paid in all."""
    kept, calls = job["progress"]["kept"], job["spend"]["calls"]["spent"]
    money = job["spend"]["money_usd"]["spent"]
    paid = f"{calls:,} call{'' if calls == 1 else 's'} paid in all" + (f", ${money:.2f}" if money else "")
    return f"{kept:,} text{'' if kept == 1 else 's'} in the pool, {paid}"


def caps(job: Json) -> str | None:
    """What is used of each cap. Example: Budget: 150 of 2,000 calls, $0.10 of $5.00; None: there is no cap."""
    use = job["spend"]
    found = [f"{use[n]['spent']:,} of {use[n]['cap']:,} {n}" for n in ("calls", "tokens") if use[n]["cap"] is not None]
    if use["money_usd"]["cap"] is not None:
        found.append(f"${use['money_usd']['spent']:,.2f} of ${use['money_usd']['cap']:,.2f}")
    if job["deadline_at"]:
        found.append(f"no call after {job['deadline_at'][:16].replace('T', ' ')} UTC")
    return f"Budget: {', '.join(found)}" if found else None


def old_prices(job: Json) -> str | None:
    """A warning of prices that the job counts by and nobody had looked up for long; None: there are none."""
    old = ", ".join(f"{one['model']} ({one['as_of']})" for one in job["old_prices"])
    return f"Prices last looked up long ago: {old}. Check them: `hornbook llm prices` says where." if old else None


def excerpt(text: str, most: int = EXCERPT_CHARS) -> str:
    """The beginning of a text on one line, safe to show."""
    flat = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return flat if len(flat) <= most else f"{flat[: most - 1]}…"
