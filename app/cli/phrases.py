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


def excerpt(text: str, most: int = EXCERPT_CHARS) -> str:
    """The beginning of a text on one line, safe to show."""
    flat = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return flat if len(flat) <= most else f"{flat[: most - 1]}…"
