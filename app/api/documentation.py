"""/docs: the API's operations on one page of our own, without a script and without anybody's CDN."""

from functools import lru_cache
from html import escape
from json import dumps
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import HTMLResponse

router = APIRouter(include_in_schema=False)

STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "code,pre{font:14px/1.4 ui-monospace,monospace}pre{background:#f4f4f4;padding:.6rem;overflow:auto;max-height:24rem}"
    "summary{cursor:pointer;padding:.3rem 0}.m{display:inline-block;min-width:4.5rem;font-weight:600}"
)


@router.get("/docs")
def docs(request: Request) -> HTMLResponse:
    """The page."""
    # The page has no script at all; its one style element is its own.
    policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"
    return HTMLResponse(_page(request.app), headers={"content-security-policy": policy})


@lru_cache(maxsize=4)
def _page(app: FastAPI) -> str:
    spec = app.openapi()
    groups: dict[str, list[str]] = {}
    for path, operations in spec["paths"].items():
        for method, operation in operations.items():
            tag = (operation.get("tags") or ["other"])[0]
            groups.setdefault(tag, []).append(_operation(spec, path, method, operation))
    body = "".join(f"<h2>{escape(tag)}</h2>{''.join(items)}" for tag, items in groups.items())
    title = f"{escape(spec['info']['title'])} {escape(spec['info']['version'])}"
    intro = f"<p>{escape(spec['info'].get('summary', ''))} <a href='/openapi.json'>OpenAPI schema</a></p>"
    return (
        f"<!doctype html><html lang='en'><head><meta charset='utf-8'><title>{title} API</title>"
        f"<style>{STYLE}</style></head><body><h1>{title}</h1>{intro}{body}</body></html>"
    )


def _operation(spec: dict[str, Any], path: str, method: str, operation: dict[str, Any]) -> str:
    parts = [f"<p>{escape(operation.get('description', ''))}</p>"]
    rows = "".join(_parameter(parameter) for parameter in operation.get("parameters", ()))
    if rows:
        parts.append(f"<ul>{rows}</ul>")
    for media, content in operation.get("requestBody", {}).get("content", {}).items():
        parts.append(f"<p>Body: <code>{escape(media)}</code></p>{_example(spec, content.get('schema', {}))}")
    for status, response in operation.get("responses", {}).items():
        for content in response.get("content", {}).values():
            if status.startswith("2"):
                parts.append(f"<p>Answer {escape(status)}</p>{_example(spec, content.get('schema', {}))}")
    head = f"<span class='m'>{method.upper()}</span><code>{escape(path)}</code> {escape(operation.get('summary', ''))}"
    return f"<details><summary>{head}</summary>{''.join(parts)}</details>"


def _parameter(parameter: dict[str, Any]) -> str:
    need = "" if parameter.get("required") else ", optional"
    text = escape(parameter.get("description", ""))
    return f"<li><code>{escape(parameter['name'])}</code> ({escape(parameter['in'])}{need}) {text}</li>"


def _example(spec: dict[str, Any], schema: dict[str, Any]) -> str:
    """The schema's own example, else its fields; of several schemas one after the other."""
    if "oneOf" in schema:
        return "".join(_example(spec, one) for one in schema["oneOf"])
    name = str(schema.get("$ref", "")).rpartition("/")[2]
    resolved = spec.get("components", {}).get("schemas", {}).get(name, schema)
    shown = (resolved.get("examples") or [resolved.get("properties")])[0]
    return f"<pre>{escape(dumps(shown, indent=2, default=str))}</pre>" if shown else ""
