"""A small page that shows what the sandbox holds."""

from __future__ import annotations

from collections import Counter
from html import escape
from typing import Any

_STYLE = """
:root{color-scheme:light dark;--line:#8884;--soft:#8881}
body{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.5rem;margin:0}h2{font-size:1.1rem;margin:2rem 0 .5rem}
table{border-collapse:collapse;width:100%;font-size:.9rem}
th,td{text-align:left;padding:.3rem .6rem;border-bottom:1px solid var(--line);vertical-align:top}
.cards{display:flex;gap:1rem;flex-wrap:wrap;margin:1rem 0}
.card{background:var(--soft);border-radius:.6rem;padding:.7rem 1.2rem}.card b{display:block;font-size:1.5rem}
code{background:var(--soft);padding:.1rem .3rem;border-radius:.3rem}.scroll{overflow-x:auto}
"""
_SHOWN = 50


def page(state: dict[str, Any], host: str) -> str:
    """The page as HTML that needs nothing from outside. Every text in it is escaped; no key is shown."""
    cards = [
        ("leads", len(state["leads"])),
        ("activities", len(state["activities"])),
        ("in the queue", sum(1 for task in state["queue"] if task["status"] == "In-Queue")),
        ("calls", sum(state["calls"].values())),
        ("refusals", sum(state["refusals"].values())),
    ]
    calls = [
        (entry["method"], entry["path"], entry["status"] or "dropped", entry["verdict"])
        for entry in list(state["log"])[-_SHOWN:][::-1]
    ]
    activities = [
        (entry["CreatedOn"][:19].replace("T", " "), entry["event"], entry["lead"], entry["note"])
        for entry in state["activities"][-_SHOWN:][::-1]
    ]
    types = Counter(entry["event"] for entry in state["activities"])
    faults = [(fault["name"], fault["calls"], fault["skip"], fault["on"] or "any call") for fault in state["faults"]]
    shown = "".join(f"<div class=card><b>{count:,}</b>{escape(name)}</div>" for name, count in cards)
    return (
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>"
        f"<title>Sandbox</title><style>{_STYLE}</style><h1>Sandbox Academy</h1>"
        f"<p>Tenant <code>{escape(state['org_id'])}</code> at <code>{escape(host)}</code>. "
        "Both the sync and the async host are here; the keys are those that the sandbox was started with.</p>"
        f"<div class=cards>{shown}</div>"
        + _table("Activities by type", ("Type", "Number"), sorted(types.items()))
        + _table("Faults that are waiting", ("Fault", "Calls", "After", "On"), faults)
        + _table("Newest activities", ("Created (UTC)", "Type", "Lead", "Note"), activities)
        + _table("Newest calls", ("Method", "Path", "Status", "What happened"), calls)
        + "</html>"
    )


def _table(title: str, headings: tuple[str, ...], rows: list[Any]) -> str:
    head = "".join(f"<th>{escape(text)}</th>" for text in headings)
    body = "".join("<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>" for row in rows)
    empty = f"<tr><td colspan={len(headings)}>None.</td></tr>"
    return f"<h2>{escape(title)}</h2><div class=scroll><table><tr>{head}</tr>{body or empty}</table></div>"
