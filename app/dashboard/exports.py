"""One export: what it holds, what it was made with, and its files to download."""

from typing import Any
from urllib.parse import quote

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from app.dashboard.backend import CurrentBackend, RowId
from app.dashboard.rendering import PageRoute, render
from app.domain.manifest import MANIFEST_NAME
from app.services import exports as service
from app.services.exports import DIGEST

router = APIRouter(include_in_schema=False, route_class=PageRoute)

FACTS = ("recipe", "model", "endpoint", "key", "config_sha256", "prompt_sha256", "classifier_sha256", "data_sha256")
"""Fields of a manifest that say what the data was made with."""


@router.get("/exports/{export_id}")
def export_page(backend: CurrentBackend, export_id: RowId) -> HTMLResponse:
    """Its manifest for people."""
    export = backend.read(lambda session: service.get_export(session, export_id))
    manifest: dict[str, Any] = export.manifest or {}
    files = []
    if export.state == "ready":
        files = [*manifest["files"], {"name": MANIFEST_NAME, "bytes": None, "sha256": manifest[DIGEST]}]
    return render(
        "export.html",
        export=export,
        manifest=manifest,
        files=[{**file, "url": f"/v1/exports/{export_id}/files/{quote(file['name'])}"} for file in files],
        facts=[(name, str(manifest[name])) for name in FACTS if manifest.get(name) is not None],
    )
